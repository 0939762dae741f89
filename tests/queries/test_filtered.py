"""Does every question see only the requests that meet the filter, and does nothing get lost?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from queries import payloads, reports
from queries.config import Aws, Config, Prediction, Test
from queries.errors import QuestionError
from queries.filtered import Relation, before, under
from queries.filters import parse
from queries.opened import Opened, open_test
from queries.questions import questions
from queries.windows import bounds
from tests.queries.capturing import capture_file, line
from tests.queries.test_filters import HOSTILE
from tests.test_sql import faults

QUERIES = Path(__file__).parents[2] / "queries"
COUNTRIES = ("BR", "US", "DE", "")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region is configured: CloudWatch is not asked."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def answer(n: int, side: str) -> str:
    """Production's score of request n; the shadow's differs in Brazil, for every second one."""
    flipped = side == "shadow" and n % 4 == 0 and n % 8 == 0
    return "0.9" if (n % 3 == 0) != flipped else "0.1"


def request(n: int) -> str:
    """An amount, sometimes missing or no number, and a country, sometimes missing."""
    amount = {5: "", 6: "NaN"}.get(n % 20, str(n % 50))
    return f"{amount},{COUNTRIES[n % 4]}"


def made(folder: Path, count: int = 400, *, swap: bool = False) -> Opened:
    """Pairs of records, ten minutes apart: one in twenty of the shadow's is missing."""
    for side, variant in (("production", "AllTraffic"), ("shadow", "Shadow")):
        given = [
            line(
                *(request(n), answer(n, side)),
                at=600 * n,
                inference=f"r{n}",
                types=("text/csv" if n % 10 else "application/csv", "text/csv"),
            )
            for n in range(count)
            if side == "production" or n % 20 != 19
        ]
        if side == "shadow":
            given += [line("9,BR", "0.5", at=600 * n, inference=f"x{n}") for n in range(7)]
        capture_file(folder / "captures", given, variant=variant)
    names = ("Shadow", "AllTraffic") if swap else ("AllTraffic", "Shadow")
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production=names[0],
        shadow=names[1],
        features=("amount", "country"),
        prediction=Prediction(column=0, kind="binary"),
    )
    return open_test(Config(tests=(test,), cache=folder / "cache", aws=Aws()), test)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return made(tmp_path_factory.mktemp("filtered"))


def paired(n: int) -> bool:
    return n % 20 != 19


WANTED: dict[str, Callable[[int], bool]] = {
    "amount >= 40": lambda n: n % 20 not in (5, 6) and n % 50 >= 40,
    "amount < 3": lambda n: n % 20 not in (5, 6) and n % 50 < 3,
    "amount != 7": lambda n: n % 20 not in (5, 6) and n % 50 != 7,
    "amount in (7, 8)": lambda n: n % 20 not in (5, 6) and n % 50 in (7, 8),
    "amount is missing": lambda n: n % 20 in (5, 6),
    "amount is not missing": lambda n: n % 20 not in (5, 6),
    "country = BR": lambda n: n % 4 == 0,
    "country not in (BR, US)": lambda n: n % 4 == 2,
    "country is missing": lambda n: n % 4 == 3,
    "content_type = text/csv": lambda n: n % 10 != 0,
    "content_type = application/csv": lambda n: n % 10 == 0,
    # noon is the first request, and six are made an hour
    "hour = 14": lambda n: (12 + n // 6) % 24 == 14,
    "weekday = Monday": lambda n: 12 <= n // 6 < 36,
    "country = BR and hour >= 12 and amount > 20": lambda n: (
        n % 4 == 0 and (12 + n // 6) % 24 >= 12 and n % 20 not in (5, 6) and n % 50 > 20
    ),
}


@pytest.mark.parametrize("where", WANTED)
def test_a_filter_keeps_what_meets_it(opened: Opened, where: str) -> None:
    """Rows, pairs and what is left over are those of the requests picked by hand."""
    meets = [n for n in range(400) if WANTED[where](n)]
    inside = opened.within(where)
    window = bounds(opened.window("all"))
    rows = inside.engine.run("rows_by_block", block_s=10**8, **window)
    counted = dict(zip(rows["variant"], rows["n"], strict=True))
    pairs = sum(paired(n) for n in meets)
    assert counted.get("production", 0) == len(meets)
    assert counted.get("shadow", 0) == pairs
    found = inside.engine.run("agreement_by_block", block_s=10**8, **window)
    same = sum(answer(n, "production") == answer(n, "shadow") for n in meets if paired(n))
    assert (found["paired"].sum(), found["n"].sum(), found["agreed"].sum()) == (pairs, pairs, same)
    left = inside.engine.run("unpaired_rows", **window)
    alone = dict(zip(left["variant"], left["alone"], strict=True))
    # which shadow rows without a partner would meet the filter, nobody knows
    assert alone.get("production", 0) == len(meets) - pairs
    assert "shadow" not in alone
    values = inside.engine.run("slice_sample", columns=["f0"], step=1, **window)
    assert values.rows == pairs


def test_a_filter_of_answers_is_about_pairs(opened: Opened) -> None:
    """Rows without a partner have no answer to compare: none of them meets it."""
    inside = opened.within("production_answer = 1 and shadow_answer = 0")
    meets = [
        n
        for n in range(400)
        if paired(n) and (answer(n, "production"), answer(n, "shadow")) == ("0.9", "0.1")
    ]
    assert meets
    window = bounds(opened.window("all"))
    rows = inside.engine.run("rows_by_block", block_s=10**8, **window)
    assert rows["n"].tolist() == [len(meets), len(meets)]
    assert inside.engine.run("unpaired_rows", **window).rows == 0
    table = inside.engine.run("confusion", **window)
    assert table["n"].tolist() == [len(meets)]


@pytest.mark.parametrize(
    "parts",
    [
        ("amount < 20", "amount >= 20", "amount is missing"),
        ("country = BR", "country != BR", "country is missing"),
    ],
)
def test_parts_add_up_to_the_whole(opened: Opened, parts: tuple[str, ...]) -> None:
    """Pairs, agreeing pairs and production's rows of a filter and its complements are all there."""
    whole = reports.report(opened, "all")
    inside = [reports.inside(opened.within(part), whole) for part in parts]
    assert sum(r.pairing.paired for r in inside) == whole.pairing.paired
    assert sum(r.pairing.production for r in inside) == whole.pairing.production
    assert sum(r.pairing.production_only for r in inside) == whole.pairing.production_only
    assert whole.agreement is not None
    tables = [r.agreement.confusion.counts for r in inside if r.agreement is not None]
    assert (sum(tables) == whole.agreement.confusion.counts).all()
    for r in inside:
        assert r.verdict is whole.verdict
        assert r.window == whole.window
        assert r.pairing.sample_ratio is None


def test_a_report_says_what_it_is_about(opened: Opened) -> None:
    """The filter stands in the report in its canonical form; without one nothing changes."""
    whole = reports.report(opened, "all")
    assert whole.where == ""
    assert reports.inside(opened.within("  "), whole) is whole
    assert reports.inside(opened.within("country=BR"), whole).where == 'country = "BR"'
    nothing = reports.inside(opened.within("amount > 1000"), whole)
    assert (nothing.pairing.paired, nothing.agreement, nothing.scores) == (0, None, None)


def test_filters_do_not_pile_up(opened: Opened) -> None:
    """A filter of a filtered test starts from all requests."""
    first = opened.within("country = BR")
    assert first.within("").engine is opened.engine
    count = lambda some: some.engine.run("extent").count("n")  # noqa: E731
    assert count(first.within("country = US")) == count(opened.within("country = US"))


def test_a_window_means_the_same_time_inside(opened: Opened) -> None:
    """A filter moves no window: "24h" reaches back from the last capture, whoever sent it."""
    inside = opened.within("hour < 3")
    for window in ("all", "24h"):
        assert inside.window(window) == opened.window(window)


def test_evidence_is_filtered_too(opened: Opened) -> None:
    """The listed pairs are those of the filter, and as many as their total says."""
    every = payloads.disagreements(opened, "all", most=1000)
    brazil = payloads.disagreements(opened.within("country = BR"), "all", most=1000)
    # only Brazil differs
    assert brazil == every
    assert payloads.disagreements(opened.within("country != BR"), "all").total == 0


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_are_values(opened: Opened, hostile: str) -> None:
    """SQL in a value is text that no row holds: the question is answered, with nothing."""
    try:
        inside = opened.within(f'country = "{hostile.replace(chr(34), chr(34) * 2)}"')
    except QuestionError:
        return
    rows = inside.engine.run("agreement_by_block", block_s=60, **bounds(opened.window("all")))
    assert rows.rows == 0
    whole = opened.engine.run("extent").count("n")
    assert whole == 787


@pytest.mark.parametrize("question", questions())
@pytest.mark.parametrize(
    "where", ["amount >= 3 and country in (BR, US)", "hour = 3", "production_answer = 1"]
)
def test_a_filtered_question_is_still_athenas(opened: Opened, question: str, where: str) -> None:
    """With its filter before it, every question is a statement Trino can read."""
    text = (QUERIES / f"{question}.sql").read_text(encoding="utf-8")
    known = ("pairs", "captures", "inputs", "unpaired", "fields", "truth")
    made = under(parse(where, opened.reading), [text], known)
    statement = before(text, made)
    marks = "".join(part for part in text.splitlines() if not part.startswith("--")).count("?")
    asked = "".join(part for part in statement.splitlines() if not part.lstrip().startswith("--"))
    assert asked.count("?") == marks + sum(len(each.parameters) for each in made)
    assert faults(statement) == []


def test_relations_come_before_those_of_the_question() -> None:
    """A question that begins with WITH keeps its own relations, after those given."""
    assert before("-- How?\n-- parameters: a\nWITH b AS (SELECT 1) SELECT * FROM b",
                  [Relation("a", "SELECT 2")]) == (
        "WITH a AS (SELECT 2),\nb AS (SELECT 1) SELECT * FROM b"
    )  # fmt: skip
    assert before("SELECT 1", []) == "SELECT 1"


def test_content_types_of_segments_read_apart(tmp_path: Path) -> None:
    """What a file takes for usual is put back, whichever record came first in it."""
    opened = made(tmp_path)
    kept = opened.engine.run("slice_sample", columns=["content_type"], step=1,
                             **bounds(opened.window("all")))["content_type"].tolist()  # fmt: skip
    pairs = [n for n in range(400) if paired(n)]
    assert kept.count("application/csv") == sum(n % 10 == 0 for n in pairs)
    assert kept.count("text/csv") == sum(n % 10 != 0 for n in pairs)


def test_a_reading_of_the_test_is_asked_not_guessed_anew(opened: Opened) -> None:
    """A filter is read with the names in force, those of the configuration."""
    assert opened.within("amount > 3").where is not None
    renamed = replace(
        opened,
        reading=replace(opened.reading, input=replace(opened.reading.input, names=("a", "b"))),
    )
    with pytest.raises(QuestionError):
        renamed.within("amount > 3")


def test_swapped_variants_see_the_same_requests(tmp_path: Path) -> None:
    """Both were asked the same: a filter keeps the same pairs whichever is called production."""
    window: Any = None
    counts = []
    for swap in (False, True):
        opened = made(tmp_path / str(swap), swap=swap)
        window = window or bounds(opened.window("all"))
        inside = opened.within("country = BR and amount > 10").engine
        found = inside.run("agreement_by_block", block_s=10**8, **window)
        counts.append((found["n"].tolist(), found["agreed"].tolist()))
    assert counts[0] == counts[1]
