"""How does a page get its report, and what is shown while captures are read for the first time?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import selection, states
from queries import cached

if TYPE_CHECKING:
    from analysis.report import Report


def report() -> Report:
    """Give the report of the chosen test and window; a page without pairs ends here."""
    chosen = selection.current()
    found = states.load(lambda: cached.report(chosen.test, chosen.window), what="the captures")
    if not found.pairing.paired:
        states.no_pairs(found)
    return found
