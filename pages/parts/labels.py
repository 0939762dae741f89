"""Which pairs have a label, how late did it come, and are they like the others?"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from analysis.policy import STRUCTURED
from pages.parts import escape, format, tables, tiles, words

if TYPE_CHECKING:
    from analysis.labels import Delay, LabelCounts, LabelCoverage, LabelsBehind
    from analysis.quality import Ids, Quality

HOW = (
    "Name where the right answers lie: what Model Monitor calls ground truth, or JSON lines, CSV "
    "or Parquet with the inference id (or event id) of each request and its label."
)
SNIPPET = (
    '[tests.{test}.truth]\nlocation = "s3://bucket/ground-truth"   # or a folder or a file\n'
    'id = "inference_id"      # columns of CSV and Parquet; guessed where left out\n'
    'label = "label"'
)
LONGEST_ID = 60


def snippet(test: str) -> str:
    """Write the lines of the configuration that name a test's right answers."""
    return SNIPPET.format(test=test)


def missing(found: Quality) -> tuple[str, str] | None:
    """Say why no pair can be judged, as a title and a reason; None where some can be."""
    counts, coverage = found.counts, found.coverage
    if not counts.lines:
        return "No labels found.", (
            f"{counts.location} holds no line with a label"
            + (f"; {format.count(counts.failed)} files could not be read" if counts.failed else "")
            + ". Correct `location`, or wait until the first labels are there."
        )
    if not counts.used:
        return "Labels found, but none matches.", (
            f"{format.count(counts.lines)} lines were read, and none has the id of a pair that was "
            "captured. Compare the ids below: the file must hold the InferenceId that was passed "
            "to InvokeEndpoint, or the event id of production's capture."
        )
    if not coverage.labelled:
        return "No pair of this window has a label.", (
            f"Labels of {format.count(counts.used)} lines belong to other pairs of the test. "
            "Widen the window or remove the filter, or wait: labels come later than answers."
        )
    if found.kind in STRUCTURED:
        return "This kind of answer is not compared with the truth.", (
            f"The models answer with {words.KINDS[found.kind]}. Only one label or one number a "
            f"request can be judged; {format.count(coverage.labelled)} pairs have a label."
        )
    if not found.n:
        left = foreign(found) if found.foreign else "No answer of theirs could be read."
        return "No labelled pair can be judged.", (
            f"{format.count(coverage.labelled)} pairs have a label. {left}"
        )
    return None


def foreign(found: Quality) -> str:
    """Say how many labels no model of this kind can give, with examples."""
    examples = ", ".join(f"“{escape.clip(label, LONGEST_ID)}”" for label in found.foreign_labels)
    shown = f", such as {examples}" if examples else ""
    return (
        f"Left out: {format.count(found.foreign)} pairs whose label no such model can give{shown}."
    )


def ids(found: Ids) -> tables.Table:
    """Give some ids of the labels beside some of the captures."""
    rows = tuple(zip_longest(found.truth, found.inference_ids, found.event_ids, fillvalue=""))
    return tables.Table(
        columns=tables.columns(
            "Id beside the label", "InferenceId of the capture", "Event id of the capture"
        ),
        rows=tuple(tuple(escape.clip(text, LONGEST_ID) for text in row) for row in rows),
        export_columns=("truth", "inference_id", "event_id"),
        export_rows=rows,
    )


def tiles_of(coverage: LabelCoverage) -> list[tiles.Tile]:
    """Make the tiles of the labels: how many pairs have one, and how late it came."""
    labelled = tiles.Tile(
        "Labelled pairs",
        format.count(coverage.labelled),
        f"{format.percent(coverage.share, decimals=1)} of {format.count(coverage.pairs)} pairs",
        explained="labelled",
    )
    delay = coverage.delay
    if not delay.n:
        return [
            labelled,
            tiles.Tile(
                "Delay of the labels",
                format.UNKNOWN,
                "no label has a time",
                explained="label_delay",
            ),
        ]
    named = _delays(delay)
    return [
        labelled,
        tiles.Tile(
            "Delay of the labels",
            named[0][1],
            f"median · {', '.join(f'{name} {text}' for name, text in named[1:])} · "
            f"{format.n(delay.n)}",
            help="From the request to the time at which its label was known.",
            explained="label_delay",
        ),
    ]


def _delays(delay: Delay) -> list[tuple[str, str]]:
    return [
        (format.quantile(share), format.duration(seconds))
        for share, seconds in zip(delay.quantiles, delay.seconds, strict=True)
    ]


def found_by(coverage: LabelCoverage) -> str:
    """Say by which id labels found their pairs."""
    said = ", ".join(
        f"{format.count(pairs)} by {words.METHODS.get(method, method)}"
        for method, pairs in coverage.by_method
    )
    return f"Labels found their pairs: {said}." if said else "No label found a pair."


def selection(coverage: LabelCoverage) -> str:
    """Say whether the labelled pairs agree as often as the others."""
    apart = coverage.selection
    if not apart.known:
        return "Whether the labelled pairs are like the others cannot be told: there are no others."
    sides = (
        f"The two models agree on {format.estimate(coverage.agreement)} of the labelled pairs and "
        f"on {format.estimate(coverage.agreement_rest)} of the others, a difference of "
        f"{format.estimate(apart, signed=True)}."
    )
    if coverage.selected:
        return (
            f"Labelled pairs are no random part of the traffic. {sides} What is measured on them "
            "need not hold for the rest."
        )
    return f"{sides} Nothing shows that the labelled pairs are unlike the rest."


def account(counts: LabelCounts) -> tables.Table:
    """Give the account of all lines of the ground truth: the parts add up to the first row."""
    rows = (
        ("Lines", counts.lines, f"in {files(counts)}, whatever the window"),
        ("Used", counts.used, "label at least one pair"),
        (
            "Replaced",
            counts.duplicates,
            f"a later line labels the same request; {format.count(counts.conflicts)} of them said "
            "otherwise",
        ),
        ("Without an id", counts.without_id, "no request can be told"),
        ("Not readable", counts.unreadable, "no label in it"),
        ("Of an unknown id", counts.unknown_id, "no captured request of production has it"),
        ("Of a repeated id", counts.repeated_id, "several requests have it"),
        ("Of an unpaired request", counts.unpaired, "captured, but without a shadow's answer"),
        ("Of another length", counts.misfit, "more or fewer labels than the request has rows"),
    )
    return tables.Table(
        columns=tables.columns("What", "Lines >", "Remark"),
        rows=tuple((what, format.count(n), remark) for what, n, remark in rows),
        export_columns=("what", "lines", "remark"),
        export_rows=rows,
    )


def source(counts: LabelCounts) -> str:
    """Say where the labels were read."""
    failed = f"; {format.count(counts.failed)} more could not be read" if counts.failed else ""
    return f"Labels: {counts.location}, {files(counts)}{failed}."


def behind(since: LabelsBehind, test: str, *, of: str = "labels") -> str:
    """Say what has come since labels were joined in Athena, and which command joins it.

    ``of`` are what they are: labels or outcomes.
    """
    said = []
    if since.files:
        n = format.count(since.files)
        said.append(
            f"1 file of {of} has come" if since.files == 1 else f"{n} files of {of} have come"
        )
    if since.changed:
        said.append(f"files of {of} were changed or removed, or are to be read otherwise")
    if since.hours:
        said.append("pairs of further hours were written")
    told = ""
    if said:
        told = (
            f"Since these {of} were joined to their pairs, {', and '.join(said)}: "
            f"`cli.py athena update {test}` joins them again."
        )
    if since.problem:
        told += f" Whether further {of} have come is not known. {since.problem}"
    return told.strip()


def files(counts: LabelCounts) -> str:
    """Write how many files the labels lie in."""
    return "1 file" if counts.files == 1 else f"{format.count(counts.files)} files"
