"""What does the report say of the test in SageMaker, and of what its instances used?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import capacity, theme
from pages.document.blocks import Grid, Points, Section, Words, facts, numbers, timeline
from pages.parts import accounts, consumption, format, usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.interruptions import Interruption
    from analysis.resources import Resources
    from pages.document.blocks import Block
    from queries.dossier import Dossier


def setup(dossier: Dossier) -> Section:
    """What is known of the test itself: models, instances, captures, times."""
    found = dossier.discovered
    known = facts(accounts.facts(dossier.test, found))
    if found is None:
        unknown = Words("SageMaker was not asked, or does not know this test.", small=True)
        return Section("setup", "The test", (known, unknown))
    state = Words(f"State in SageMaker: {found.state}, at {format.moment(dossier.at)}.")
    warnings = (Points(found.warnings),) if found.warnings else ()
    return Section("setup", "The test", (state, known, *warnings))


def resources(dossier: Dossier, *, demo: bool) -> Section:
    """What both variants ran on, used and cost."""
    found = dossier.resources
    title = "Resources"
    if isinstance(found, str):
        return Section("resources", title, (Words(f"Not measured. {found}"),))
    if found.resources is None:
        lines = (found.problem or "", consumption.WHERE_FROM)
        return Section("resources", title, tuple(Words(line) for line in lines))
    blocks: list[Block] = [Words(f"{found.source}. {format.span(found.resources.times.window)}.")]
    if found.machines_problem:
        blocks.append(Words(found.machines_problem))
    return Section(
        "resources",
        title,
        (*blocks, *_used(found.resources, dossier.report.interruptions, demo=demo)),
    )


def _used(used: Resources, interruptions: Sequence[Interruption], *, demo: bool) -> Iterator[Block]:
    yield Words(consumption.machines_line(used, demo=demo))
    yield from (Words(warning) for warning in consumption.full_disks(used))
    yield numbers(usage.tiles_of(used))
    yield from (Words(hint, small=True) for hint in consumption.missing_prices(used))
    uneven = consumption.uneven_load(used)
    if uneven is not None:
        yield Words(uneven)
    yield timeline(capacity.series(used, theme.LIGHT), "Over time", interruptions)
    yield Words(f"{consumption.series_line(used)} {consumption.SCALES}", small=True)
    yield Grid(usage.compared(used), "On average, and for each request")
    yield Points(consumption.reading(used))
