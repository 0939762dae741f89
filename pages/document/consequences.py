"""What does the report say of what came of the answers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import consequences as charts
from pages.charts import theme
from pages.document.blocks import Grid, Picture, Section, Words, numbers
from pages.parts import consequences, labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.consequences import Consequences
    from pages.document.blocks import Block
    from queries.dossier import Dossier

COLOURS = theme.LIGHT


def section(dossier: Dossier) -> Section:
    """What came of production's answers, where outcomes are known."""
    found = dossier.outcomes
    if found is None:
        return Section(
            "outcomes", consequences.TITLE, (Words("No outcomes are configured for this test."),)
        )
    if isinstance(found, str):
        return Section("outcomes", consequences.TITLE, (Words(f"Not told. {found}"),))
    return Section("outcomes", consequences.TITLE, tuple(_followed(found, dossier.test.name)))


def _followed(found: Consequences, test: str) -> Iterator[Block]:
    yield Words(consequences.HONEST, small=True)
    for at, each in enumerate(found.found):
        since = consequences.behind(found, at, test)
        if since:
            yield Words(f"{each.name}. {since}", small=True)
        if not each.every.known:
            yield Words(f"{each.name}: {' '.join(consequences.missing(found, at))}")
            yield Grid(labels.account(found.counts[at]))
            continue
        yield numbers(consequences.tiles_of(each))
        yield Words(f"{each.name}. {consequences.sentence(each)}")
        yield Picture(charts.means(each, COLOURS), f"Mean outcome: {each.name}")
        if each.answers:
            yield Grid(consequences.answers(each), f"By both answers: {each.name}")
        yield Words(consequences.basis(found, at), small=True)
