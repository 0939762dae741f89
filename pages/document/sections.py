"""What does the report say of the verdict, of agreement, and of latency and errors?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import (
    categories,
    distributions,
    heatmaps,
    intervals,
    running,
    similarity,
    theme,
    timelines,
)
from pages.document.blocks import Grid, Picture, Points, Section, Words, numbers, timeline
from pages.parts import (
    answers,
    doubts,
    equivalence,
    format,
    likeness,
    noise,
    performance,
    score_differences,
    second_source,
    verdict,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.noise import NoiseFloor
    from analysis.report import Report
    from pages.document.blocks import Block
    from queries.second_source import AgainstSecond

COLOURS = theme.LIGHT
MOST_LABELS = 30


def checks(report: Report) -> Section:
    """The verdict: every check in a picture, in numbers and in a sentence."""
    found = report.verdict
    return Section(
        "verdict",
        "Verdict",
        (
            Picture(intervals.checks(found.guardrails, COLOURS), "Every check against its limit"),
            Grid(verdict.checks_table(found)),
            Words("* critical: over its limit it rejects on its own.", small=True),
            Points(
                tuple(
                    f"{words.STATUS_SIGNS[g.status]} {words.CHECKS.get(g.name, g.name)}: "
                    f"{g.sentence}"
                    for g in found.guardrails
                )
            ),
            Words(
                "Intervals hold however often somebody looks. Their error of "
                f"{format.percent(1 - found.policy.confidence, decimals=0)} is shared out over the "
                f"statistical checks, {format.percent(found.alpha_each)} each. A check is within "
                "its limit when its whole interval is, over when all of it is outside, otherwise "
                "inconclusive.",
                small=True,
            ),
            Words(equivalence.headline(found)),
            Grid(equivalence.table(found), "Equivalent within each limit, and how long still"),
            Words(equivalence.basis(found), small=True),
        ),
    )


def agreement(
    report: Report, repeated: NoiseFloor | str, second: AgainstSecond | str | None
) -> Section:
    """How often both variants give the same answer, and where they do not."""
    found = report.agreement
    if found is None:
        return Section(
            "agreement", "Agreement", (Words("No answers of this window can be compared."),)
        )
    tiles = [*answers.tiles_of(report), *likeness.tiles_of(report)]
    blocks: list[Block] = [numbers(tiles)]
    blocks.append(Words(answers.bounds(found)))
    if said := doubts.doubts(report):
        blocks.append(Words(said))
    if found.confusion is not None:
        if len(found.confusion.labels) <= MOST_LABELS:
            blocks.append(
                Picture(heatmaps.confusion(found.confusion, COLOURS), "Who answered what")
            )
        blocks.append(Grid(answers.labels(found.confusion)))
        blocks.append(Grid(answers.shifts(found), "Share of each label"))
        blocks.append(Words(answers.symmetry(found), small=True))
    blocks += _scores(report)
    blocks += _parts(report)
    limit = report.verdict.policy.min_agreement
    blocks.append(
        timeline(
            timelines.agreement(found.series, limit, COLOURS),
            "Agreement over time",
            report.interruptions,
        )
    )
    followed = answers.running_of(report)
    if followed is not None:
        blocks.append(Picture(running.sequence(followed, COLOURS), "How the interval narrowed"))
        blocks.append(Words(answers.looks_so_far(followed, report.verdict), small=True))
    blocks += _noise(repeated, second)
    return Section("agreement", "Agreement", tuple(blocks))


def _noise(repeated: NoiseFloor | str, second: AgainstSecond | str | None) -> Iterator[Block]:
    judged = True
    if isinstance(second, str):
        yield Words(f"{noise.TITLE}. {second_source.TITLE}: not known. {second}")
    elif second is not None:
        judged = not second.floor.fates.compared
        yield Words(f"{noise.TITLE}. {second_source.TITLE}. {second_source.sentence(second)}")
        if not judged:
            yield numbers(second_source.tiles_of(second))
        yield Words(second_source.basis(second), small=True)
    title = noise.TITLE if second is None else noise.BY_INPUTS
    if isinstance(repeated, str):
        yield Words(f"{title}: not known. {repeated}")
        return
    yield Words(f"{title}. {noise.sentence(repeated, judged=judged)}")
    if repeated.inputs:
        yield numbers(noise.tiles_of(repeated))
        yield Words(noise.ABOUT, small=True)


def _scores(report: Report) -> Iterator[Block]:
    found = report.scores
    if found is None:
        return
    yield Picture(distributions.bland_altman(found, COLOURS), "Difference against size")
    yield Picture(distributions.differences(found, COLOURS), "Differences of the answers")
    yield Grid(score_differences.quantiles(found))
    yield Words(score_differences.robust_limits(found), small=True)


def _parts(report: Report) -> Iterator[Block]:
    found = report.comparison
    if found is None:
        return
    yield Words(f"Answers agree when {found.rule}. {likeness.sampled(found)}".strip())
    main = likeness.main_measure(found)
    if main.mean.known:
        name = likeness.NAMES[main.name]
        yield Picture(similarity.spread(main, name, COLOURS, limit=found.limit), name)
    table = likeness.quantiles(found)
    if table is not None:
        yield Grid(table, "How alike the answers are")
    if found.fields:
        yield Picture(
            likeness.fields_chart(found, COLOURS),
            f"Which {likeness.FIELD_WORDS[found.kind][1]} differ",
        )
        yield Grid(likeness.fields(found))


def latency(report: Report) -> Section:
    """How fast both variants answer, and how often they fail."""
    blocks: list[Block] = []
    found, paired, policy = report.latency, report.paired_latency, report.verdict.policy
    if report.latency_problem:
        blocks.append(Words(f"Not complete: {report.latency_problem}"))
    if found is not None:
        limits = {0.5: policy.max_p50_increase, 0.99: policy.max_p99_increase}
        blocks += [
            Words(f"{found.source.rstrip('.')}."),
            Picture(
                intervals.latency_differences(found.differences, limits, COLOURS),
                "Difference by quantile",
            ),
            Grid(performance.latencies(found)),
        ]
        if said := performance.relative_at_every_look(found):
            blocks.append(Words(said, small=True))
        blocks += [
            timeline(timelines.latency(found, COLOURS), "Over time", report.interruptions),
            Words(performance.period_line(found), small=True),
        ]
    if paired is not None:
        blocks.append(numbers(performance.tiles_of_requests(paired)))
        blocks.append(Words(performance.requests_line(paired)))
        blocks.append(Words(performance.INTERVALS_OF_A_LOG, small=True))
    if report.overhead is not None:
        blocks.append(Grid(performance.latencies(report.overhead), "Overhead that SageMaker adds"))
        blocks.append(Words(performance.OVERHEAD, small=True))
    blocks += _errors(report)
    return Section("latency", "Latency and errors", tuple(blocks) or (Words("No data."),))


def _errors(report: Report) -> Iterator[Block]:
    found, policy = report.errors, report.verdict.policy
    if found is None:
        return
    increases = {
        "4xx_errors": policy.max_4xx_increase,
        "5xx_errors": policy.max_5xx_increase,
        "model_errors": policy.max_model_error_increase,
    }
    yield Picture(intervals.error_differences(found.rates, increases, COLOURS), "Errors")
    yield Grid(performance.error_rates(found))
    if found.series:
        yield timeline(
            timelines.invocations(found.series[0], COLOURS), "Requests", report.interruptions
        )
        yield Words(performance.mirrored(found), small=True)
    for series in found.series:
        name = words.ERRORS.get(series.kind, series.kind)
        yield timeline(
            timelines.errors(series, name, COLOURS), f"{name}: rate over time", report.interruptions
        )


def predictions(report: Report) -> Section:
    """Whether the answers as a whole differ."""
    from pages.parts import features

    found = report.prediction_drift
    if found is None:
        return Section(
            "predictions",
            "Drift of the predictions",
            (Words("The answers of this window have no one distribution to compare."),),
        )
    chart = (
        distributions.prediction_curves(found, COLOURS)
        if found.kind == "numeric"
        else categories.share_differences(found, COLOURS)
    )
    said = score_differences.sampled(report.scores)
    sampled = (Words(said, small=True),) if said else ()
    return Section(
        "predictions",
        "Drift of the predictions",
        (Picture(chart), Grid(features.statistics(found)), *sampled),
    )
