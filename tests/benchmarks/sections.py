"""What is measured, against whom, and what makes each answer right?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.benchmarks import deploying, generator, s3, trials, viewers
from tests.benchmarks.contest import Entry, contest, start, warm
from tests.benchmarks.contestants import HALVES, NAMES
from tests.benchmarks.generator import Truth
from tests.benchmarks.table import Line
from tests.environments import environment

SMALL_FILES, FEW_FILES = 9_000, 34
SMALL_OBJECTS = 900
SHAPES = ("few", "many", "damaged")


class Bench:
    """All sections on data in one folder; every section gives the lines of its table."""

    def __init__(self, folder: Path, pairs: int, repeats: int) -> None:
        self._folder, self._pairs, self._repeats = folder, pairs, repeats
        self._big = folder / f"big-{pairs}"
        self._cache = folder / "cache"

    # --- captures

    def ingest(self) -> list[Line]:
        """Ingest and pairing against the notebook and against parsing alone."""
        truth = self._captures()
        captures = str(self._big / "captures")
        found = contest(
            [
                self._ours("ours", self._big, truth),
                Entry(
                    "notebook",
                    ["notebook", captures],
                    lambda answer: _same(answer, truth),
                    repeats=min(self._repeats, 2),
                ),
                *(
                    Entry(
                        f"orjson x{count}",
                        ["orjson_parse", captures, str(count)],
                        lambda answer: answer["lines"] == truth.production + truth.shadow,
                    )
                    for count in (1, 2)
                ),
            ],
            self._repeats,
        )
        ours, notebook, one, two = found.values()
        pairing, pairing_cpu = ours.part("pairing_s"), ours.part("pairing_cpu_s")
        size = truth.bytes / 1e6
        return [
            Line.at_least(
                "ingest: wall, notebook ÷ ours",
                8,
                notebook.wall_s / ours.wall_s,
                f"{ours.wall_s:.2f} s ({size / ours.wall_s:.0f} MB/s)",
                f"pandas notebook {notebook.wall_s:.1f} s, {notebook.peak_mb:.0f} MB",
            ),
            Line.at_least(
                "ingest and pairing: wall, notebook ÷ ours",
                None,
                notebook.wall_s / (ours.wall_s + pairing),
                f"{ours.wall_s + pairing:.2f} s",
                f"pandas notebook {notebook.wall_s:.1f} s",
            ),
            Line.at_most(
                "ingest: CPU ÷ orjson parse, as two processes",
                1.8,
                ours.cpu_s / two.cpu_s,
                f"{ours.cpu_s:.2f} s CPU",
                f"orjson {two.cpu_s:.2f} s CPU, {two.wall_s:.2f} s wall",
            ),
            Line.at_most(
                "ingest: CPU ÷ orjson parse, as one process",
                None,
                ours.cpu_s / one.cpu_s,
                f"{ours.cpu_s:.2f} s CPU",
                f"orjson {one.cpu_s:.2f} s CPU, {one.wall_s:.2f} s wall",
            ),
            Line.at_most(
                "pairing: CPU ÷ orjson parse, as one process",
                None,
                pairing_cpu / one.cpu_s,
                f"{pairing:.2f} s, {pairing_cpu:.2f} s CPU",
                f"orjson {one.cpu_s:.2f} s CPU",
            ),
            Line.at_most(
                f"ingest: peak memory, {truth.files} files (MB)", 500, ours.part("ingest_peak_mb")
            ),
            Line.at_most(
                f"ingest and pairing: peak memory, {truth.files} files (MB)", 500, ours.peak_mb
            ),
            Line.at_most(
                "cache ÷ captures (bytes)", None, ours.part("parquet_bytes") / truth.bytes
            ),
        ]

    def files(self) -> list[Line]:
        """Many small files, one large one a variant, and damaged lines."""
        self._captures()
        tenth = self._folder / f"big-{self._pairs // 10}"
        generator.big(tenth, self._pairs // 10)
        source = tenth / "captures"
        few, many, bad = (tenth.with_name(f"{name}-{self._pairs}") for name in SHAPES)
        truths = {
            few: generator.in_files(few, source, FEW_FILES),
            many: generator.in_files(many, source, SMALL_FILES),
        }
        truths[bad] = generator.damaged(bad, few / "captures")
        whole = self._folder / f"single-{self._pairs}"
        truths[whole] = generator.single(whole, self._big / "captures")
        entries = [self._ours(root.name, root, truth) for root, truth in truths.items()]
        found = contest(entries[:3], self._repeats) | contest(entries[3:], 1)
        clean, small, damaged, single = found.values()
        return [
            Line.at_most(
                f"{SMALL_FILES:,} small files ÷ {FEW_FILES} files, wall",
                2.5,
                small.wall_s / clean.wall_s,
                f"{small.wall_s:.2f} s",
                f"{clean.wall_s:.2f} s",
            ),
            Line.at_most(
                "1 % damaged lines ÷ clean, wall",
                2.5,
                damaged.wall_s / clean.wall_s,
                f"{damaged.wall_s:.2f} s, {truths[bad].rejected:,} lines listed",
                f"{clean.wall_s:.2f} s",
            ),
            *(
                Line.at_most(f"ingest and pairing: peak memory, {what} (MB)", 500, runs.peak_mb)
                for what, runs in (
                    (f"{SMALL_FILES:,} files", small),
                    ("1 % damaged", damaged),
                    ("one file a variant", single),
                )
            ),
        ]

    def s3(self) -> list[Line]:
        """The same captures in S3: in many small objects, in usual ones, and in two large ones."""
        tenth = self._folder / f"big-{self._pairs // 10}"
        generator.big(tenth, self._pairs // 10)
        source = tenth / "captures"
        small = self._folder / f"s3-small-{self._pairs}"
        large = self._folder / f"s3-large-{self._pairs}"
        sets = {
            f"{SMALL_OBJECTS:,} objects": (
                small,
                generator.in_files(small, source, SMALL_OBJECTS),
            ),
            "objects of some MB": (tenth, generator.big(tenth, self._pairs // 10)),
            "one object a variant": (large, generator.single(large, source)),
        }
        return [
            line
            for what, (root, truth) in sets.items()
            for line in s3.lines(root, truth, what, self._repeats)
        ]

    def chart(self) -> list[Line]:
        """The same program with an empty cache and with a warm one."""
        truth = self._captures()
        arguments = ["first_chart", str(self._big / "captures"), str(self._cache / "chart")]

        def right(answer: dict[str, object]) -> bool:
            return answer["pairs"] == truth.pairs and answer["heavy"] == []

        cold = Entry("cold", arguments, right, before=lambda: self._clear("chart"))
        found = contest([cold], self._repeats)
        found |= contest([Entry("warm", arguments, right)], 2 * self._repeats)
        return [
            Line.at_least(
                "first chart of a new process: cold ÷ warm cache, wall",
                12,
                found["cold"].process_s / found["warm"].process_s,
                f"{found['warm'].process_s:.2f} s, {found['warm'].peak_mb:.0f} MB",
                f"{found['cold'].process_s:.2f} s cold: ingest, pairing, chart",
            )
        ]

    # --- questions

    def questions(self) -> list[Line]:
        """Every question over generated stores of one and of ten times as many pairs."""
        from tests.benchmarks import stored

        lines = []
        for pairs, limit in ((self._pairs, 0.2), (10 * self._pairs, 1.0)):
            folder = self._folder / f"stored-{pairs}"
            stored.make(folder, pairs)
            warm(folder)
            entry = Entry(
                f"{pairs}",
                ["questions", str(folder), "5"],
                lambda answer, n=pairs: (
                    answer["pairs"] == n
                    and answer["rows"]["scores"] == n
                    and answer["rows"]["feature_categories"] == stored.CATEGORIES
                ),
            )
            runs = contest([entry], self._repeats)[entry.name]
            names = runs.runs[0].answer["times"]
            lines += [
                Line.at_most(
                    f"{name}, {pairs / 1e6:g} M pairs (ms)",
                    limit * 1000,
                    1000 * min(run.answer["times"][name] for run in runs.runs),
                )
                for name in names
            ]
            lines.append(
                Line.at_most(
                    f"all of them, {pairs / 1e6:g} M: peak memory (MB)", None, runs.peak_mb
                )
            )
        return lines

    # --- slices

    def slices(self) -> list[Line]:
        """Every slice of 30 features and what is known of each request, and of any two of them."""
        from tests.benchmarks import stored

        folder = self._folder / f"stored-{self._pairs}"
        stored.make(folder, self._pairs)
        warm(folder)
        entry = Entry(
            "slices",
            ["slices", str(folder)],
            # disagreements are at random there, so nothing may be confirmed
            lambda answer: answer["pairs"] == self._pairs and answer["confirmed"] == 0,
        )
        runs = contest([entry], self._repeats)[entry.name]
        answer = runs.runs[0].answer
        return [
            Line.at_most(
                f"search of {answer['tested']:,} slices, {self._pairs / 1e6:g} M pairs (s)",
                10,
                runs.wall_s,
                f"{runs.cpu_s:.1f} s CPU, {runs.peak_mb:.0f} MB",
                f"told how far {answer['told']} times",
            )
        ]

    # --- looks

    def looks(self) -> list[Line]:
        """One look at a test: all intervals of its verdict, at any size from counts and sums."""
        lines = []
        for pairs in (self._pairs, 10 * self._pairs):
            entry = Entry(
                f"{pairs}",
                ["look", str(pairs), "5"],
                lambda answer, n=pairs: answer["pairs"] == n and answer["decision"] == "promote",
            )
            runs = contest([entry], self._repeats)[entry.name].runs
            judged, ran, once, liked = (
                1000 * min(run.answer["times"][name] for run in runs)
                for name in ("judge", "running", "read once", "likeness")
            )
            size, peer = f"{pairs / 1e6:g} M pairs (ms)", f"reading each answer once {once:.1f} ms"
            lines += [
                Line.at_most(f"a look: the whole verdict, {size}", 100, judged, "", peer),
                Line.at_most(f"the interval at each of 168 hours, {size}", 100, ran, "", peer),
                Line.at_most(f"mean likeness for every look, {size}", 100, liked, "", peer),
            ]
        return lines

    # --- drift

    def drift(self) -> list[Line]:
        """Exact distances against sorting and scipy; the whole page against Evidently."""
        self._captures()
        columns = self._columns()
        exact: dict[str, list[float]] = {}

        def near_scipy(answer: dict[str, list[float]]) -> bool:
            exact.update(answer)
            return len(answer["psi"]) == generator.FEATURES

        def near_exact(answer: dict[str, list[float]]) -> bool:
            pairs = [
                *zip(answer["ks"], exact["ks"], strict=True),
                *zip(answer["w1"], exact["w1"], strict=True),
            ]
            return all(_near(theirs, ours, 1e-9) for theirs, ours in pairs)

        entries = [
            Entry("ours", ["drift_exact", str(columns)], near_scipy),
            Entry("sort", ["drift_sort", str(columns)], lambda answer: answer["columns"] == 30),
            Entry("scipy", ["drift_scipy", str(columns)], near_exact, repeats=1),
        ]
        # scipy's answer is held against ours, so ours must have run: no turning about with it
        found = contest(entries[:2], self._repeats) | contest(entries[2:], 1)
        ours, sort, scipy = found.values()
        lines = [
            Line.at_most(
                "exact KS, Wasserstein, PSI of 30 features ÷ np.sort",
                2.5,
                ours.wall_s / sort.wall_s,
                f"{ours.wall_s * 1000:.0f} ms",
                f"np.sort {sort.wall_s * 1000:.0f} ms",
            ),
            Line.at_least(
                "scipy's ks_2samp and wasserstein_distance ÷ the same",
                10,
                scipy.wall_s / ours.wall_s,
                f"{ours.wall_s * 1000:.0f} ms",
                f"scipy {scipy.wall_s:.1f} s",
            ),
        ]
        return [*lines, self._page(columns)]

    def _page(self, columns: Path) -> Line:
        """Our whole drift page, from Parquet; Evidently's preset on frames that are ready."""
        name = "Evidently's default report ÷ the drift page, CPU"
        captures, cache = str(self._big / "captures"), str(self._cache / "warm")
        page: dict[str, list[float]] = {}

        def ours_right(answer: dict[str, dict[str, list[float]]]) -> bool:
            page.update(answer["features"])
            return len(page) == generator.FEATURES

        def theirs_right(answer: dict[str, dict[str, list[float]]]) -> bool:
            # its default above a thousand rows: Wasserstein in standard deviations
            return len(answer["scores"]) == generator.FEATURES and all(
                _near(score, page[feature][1] / max(sd, 0.001), 1e-6)
                for feature, (score, sd) in answer["scores"].items()
            )

        ours = contest([Entry("page", ["drift_page", captures, cache], ours_right)], self._repeats)
        python, reason = environment("evidently")
        if python is None:
            return Line.skipped(name, reason)
        entry = Entry("Evidently", ["drift_evidently", str(columns)], theirs_right, python=python)
        theirs = contest([entry], 1)["Evidently"]
        page_runs = ours["page"]
        return Line.at_least(
            name,
            30,
            theirs.cpu_s / page_runs.cpu_s,
            f"{page_runs.cpu_s:.2f} s CPU, {page_runs.wall_s:.2f} s wall, "
            f"{page_runs.peak_mb:.0f} MB",
            f"Evidently {theirs.cpu_s:.1f} s CPU, {theirs.peak_mb:.0f} MB",
        )

    # --- trials

    def trials(self) -> list[Line]:
        """Trials of Debugger: statistics, second opening, listing, requests to S3."""
        return trials.lines(self._folder, self._repeats)

    # --- viewers

    def viewers(self) -> list[Line]:
        """The Overview of the demo account in Chromium, and what each viewer costs."""
        reason = viewers.missing()
        if reason is not None:
            return [Line.skipped("Overview ÷ bare Streamlit page", reason)]
        seen = viewers.measure(self._folder / "home", self._repeats)
        return [
            Line.at_most(
                f"Overview ÷ bare page with one chart, {what}",
                1.5,
                ours / bare,
                f"{ours:.2f} s",
                f"{bare:.2f} s",
            )
            for what, ours, bare in (
                ("first visit of a new server", seen.ours.first, seen.bare.first),
                ("later visits", seen.ours.later, seen.bare.later),
            )
        ] + [Line.at_most("memory of each further viewer (MB)", 10, seen.mb_a_viewer)]

    def deployment(self) -> list[Line]:
        """The audit, a plan at the terminal, and Deploy in Chromium."""
        return [
            *deploying.audit(self._repeats),
            deploying.plan(self._repeats),
            *deploying.page(self._folder / "home", self._repeats),
        ]

    # --- what the sections share

    def _captures(self) -> Truth:
        truth = generator.big(self._big, self._pairs)
        warm(self._big)
        return truth

    def _ours(self, name: str, root: Path, truth: Truth) -> Entry:
        """Ours with an empty cache."""

        def prepare() -> None:
            self._clear(name)
            warm(root)

        return Entry(
            name,
            ["understudy", str(root / "captures"), str(self._cache / name)],
            lambda answer: _same(answer, truth),
            before=prepare,
        )

    def _clear(self, name: str) -> None:
        shutil.rmtree(self._cache / name, ignore_errors=True)

    def _columns(self) -> Path:
        """Production's features as both halves of the time, the rows that the page compares."""
        import duckdb
        import numpy as np

        columns = self._folder / f"columns-{self._pairs}"
        cache = self._cache / "warm"
        start(Entry("", ["first_chart", str(self._big / "captures"), str(cache)], bool))
        if not columns.exists():
            files = [str(file) for file in cache.rglob("*.parquet") if len(file.stem) == 16]
            made = columns.with_suffix(".tmp")
            made.mkdir(exist_ok=True)
            names = ", ".join(NAMES)
            for name, sign in zip(HALVES, ("<", ">="), strict=True):
                table = duckdb.sql(
                    f"""WITH rows AS (FROM read_parquet({files}, union_by_name = true)
                        WHERE f29 IS NOT NULL)
                    SELECT {names} FROM rows WHERE ts {sign} (
                        SELECT min(ts) + (max(ts) + INTERVAL 1 SECOND - min(ts)) / 2 FROM rows)"""
                ).fetchnumpy()
                filled = [np.ma.filled(table[n].astype(float), np.nan) for n in NAMES]
                np.save(made / f"{name}.npy", np.array(filled))
            made.rename(columns)
        return columns


def _same(answer: dict[str, Any], truth: Truth) -> bool:
    """Every row and every pair was found, and their values are right."""
    if truth.rejected:
        lines = truth.production + truth.shadow
        kept = answer["production"] + answer["shadow"]
        return bool(
            answer["rejected"] == truth.rejected
            and answer["lines"] == lines
            and kept == lines - truth.rejected
        )
    return bool(
        answer["production"] == truth.production
        and answer["shadow"] == truth.shadow
        and answer["pairs"] == truth.pairs
        and _near(answer["production_scores"], truth.production_scores, 1e-9)
        and _near(answer["first_feature"], truth.first_feature, 1e-9)
    )


def _near(found: float, right: float, tolerance: float) -> bool:
    return abs(found - right) <= tolerance * max(1.0, abs(right))
