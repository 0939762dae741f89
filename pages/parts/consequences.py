"""Which sentences, tiles and tables say what came of production's answers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.charts import consequences as charts
from pages.parts import drawing, escape, format, labels, selection, states, tables, tiles
from queries import cached_answers

if TYPE_CHECKING:
    from analysis.consequences import Consequence, Consequences

TITLE = "What came of the answers"
HONEST = (
    "Outcomes follow production’s answers, for nobody ever saw the shadow’s. Where both answer "
    "alike, the same would have come of the shadow’s answer; where they differ, nobody knows what "
    "would have. So no difference of the two models is told here: only how much hangs on the pairs "
    "on which they differ. What it would be takes an experiment in which the shadow’s answers are "
    "given. Intervals are for one look."
)
LONGEST = 40


def section() -> None:
    """Draw every outcome of the test that is chosen."""
    chosen = selection.current()
    st.subheader(TITLE, anchor=False)
    found = states.attempt(
        lambda: cached_answers.consequences(chosen.test, chosen.window, chosen.where),
        what="the outcomes",
    )
    if found is None:
        return
    st.caption(HONEST)
    at = _chosen(found)
    each = found.found[at]
    since = behind(found, at, chosen.test)
    if since:
        st.info(escape.sentence(since, length=1200), icon=":material/history:")
    if not each.every.known:
        states.nothing(*missing(found, at))
        tables.draw(
            labels.account(found.counts[at]),
            name=f"{chosen.test}-outcome-lines",
            key="outcome_lines",
        )
        return
    tiles.row(tiles_of(each))
    st.markdown(sentence(each))
    left, right = st.columns(2, gap="large")
    with left:
        drawing.draw(charts.means(each, drawing.colours()), key="outcome_means")
    with right:
        if each.answers:
            tables.draw(answers(each), name=f"{chosen.test}-outcome", key="outcome_answers")
    st.caption(escape.markdown(basis(found, at), length=600))


def _chosen(found: Consequences) -> int:
    """Let the reader choose an outcome; its place among all."""
    chosen: int = st.segmented_control(
        "Outcome",
        range(len(found.found)),
        default=0,
        required=True,
        format_func=lambda at: escape.markdown(found.found[at].name, length=LONGEST),
        key="outcome",
        label_visibility="collapsed",
    )
    return chosen


def behind(found: Consequences, at: int, test: str) -> str:
    """Say what has come since an outcome was joined; "" where it is all there is."""
    since = found.behind[at]
    return "" if since is None else labels.behind(since, test, of="outcomes")


def missing(found: Consequences, at: int) -> tuple[str, str]:
    """Say why there is no outcome, as a title and a reason."""
    counts = found.counts[at]
    if not counts.used:
        return "No outcome found its pair.", (
            f"{format.count(counts.lines)} lines of {counts.location} were read, and none belongs "
            "to a pair that was captured. The file must hold the InferenceId that was passed to "
            "InvokeEndpoint, or the event id of production's capture."
        )
    return "No pair of this window has this outcome as a number.", (
        f"{format.count(counts.used)} lines belong to pairs of the test. Widen the window or "
        "remove the filter, or look whether the column holds numbers."
    )


def basis(found: Consequences, at: int) -> str:
    """Say on which pairs the numbers rest."""
    each, counts = found.found[at], found.counts[at]
    return (
        f"{format.count(each.every.n)} of {format.count(each.pairs)} pairs have this outcome; "
        f"those that have not are left out. Read from {counts.location}, {labels.files(counts)}."
    )


def tiles_of(found: Consequence) -> list[tiles.Tile]:
    """Make the tiles: the mean by agreement, and how far apart the two groups are."""
    return [
        tiles.of("All pairs", found.every, explained="outcome_mean"),
        tiles.of("Where both agree", found.agreed, explained="outcome_mean"),
        tiles.of("Where they differ", found.differed, explained="outcome_mean"),
        tiles.of(
            "Differ − agree",
            found.apart,
            signed=True,
            explained="outcome_apart",
            help="Two groups of requests, not two models: whether they differ on requests that "
            "are worth more, or less, than others.",
        ),
    ]


def sentence(found: Consequence) -> str:
    """Say how much hangs on the pairs on which the two models differ."""
    if not found.differed.known:
        return (
            "The two models answer all pairs with an outcome alike: the shadow would have brought "
            "the same."
        )
    risk = format.estimate(found.at_risk)
    if found.share:
        return (
            f"At stake: had each of the shadow’s other answers failed, it would lose {risk} of all "
            f"pairs; had each succeeded, gain {format.estimate(found.to_gain)}."
        )
    return (
        f"At stake: the pairs on which they differ brought {risk} for each of all pairs. That is "
        "what the shadow would lose had each of its other answers brought nothing; what it could "
        "gain nothing bounds."
    )


def answers(found: Consequence) -> tables.Table:
    """Give the mean outcome by both answers, the most frequent first."""
    return tables.Table(
        columns=tables.columns("Production", "Shadow", "Mean >", "Interval >", "Pairs >"),
        rows=tuple(
            (
                escape.clip(escape.visible(each.production), LONGEST),
                escape.clip(escape.visible(each.shadow), LONGEST),
                format.quantity(each.mean.value, each.mean.unit),
                format.interval(each.mean.low, each.mean.high, each.mean.unit),
                format.count(each.mean.n),
            )
            for each in found.answers
        ),
        export_columns=("production", "shadow", "mean", "low", "high", "n"),
        export_rows=tuple(
            (each.production, each.shadow, m.value, m.low, m.high, m.n)
            for each in found.answers
            for m in (each.mean,)
        ),
    )
