"""Which columns of ground truth hold the id of a request, its right answer, and the time?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.errors import SourceError

if TYPE_CHECKING:
    from queries.config_truth import Truth

_IDS = ("id", "requestid")
_LABELS = ("label", "y", "target", "truth", "groundtruth", "actual")
_TIMES = ("time", "timestamp", "eventtime")
_SHOWN_NAMES = 12


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns; ``ids`` are one or two, of which the first is tried first."""

    ids: tuple[str, ...]
    label: str
    time: str | None


def columns_of(names: Sequence[str], truth: Truth, where: str, *, noun: str = "column") -> Columns:
    """The columns that the configuration names, else those with a usual name.

    Raises
    ------
    SourceError
        When a column that is named is not there, or no name or several fit.

    >>> from queries.config_truth import Truth
    >>> columns_of(["Inference ID", "amount", "y"], Truth(location="t.csv"), "t.csv")
    Columns(ids=('Inference ID',), label='y', time=None)
    """
    guess = _Guess(names, where, noun, f"[tests.NAME.{truth.table}]")
    if truth.id is not None:
        ids = [guess.named("id", truth.id)]
    else:
        # whoever writes both ids means both: either may be the one that was captured
        either = [guess.fitting("id", (one,)) for one in ("inferenceid", "eventid")]
        ids = [name for name in either if name] or [guess.sure("id", _IDS)]
    label = truth.label and guess.named(truth.names_label, truth.label)
    time = truth.time and guess.named("time", truth.time)
    return Columns(
        tuple(ids),
        label or guess.sure("label", _LABELS),
        time or guess.fitting("time", _TIMES),
    )


class _Guess:
    """The columns of one file, and what is said where they do not do."""

    def __init__(self, names: Sequence[str], where: str, noun: str, table: str) -> None:
        self._names = names
        self._where = where
        self._noun = noun
        self._table = table
        more = ", …" if len(names) > _SHOWN_NAMES else ""
        self._shown = (", ".join(names[:_SHOWN_NAMES]) or "none") + more

    def named(self, key: str, name: str) -> str:
        """A column that the configuration names."""
        if name not in self._names:
            raise SourceError(
                f"{self._where} has no {self._noun} {name!r}, which `{key}` in {self._table} "
                f"names; there are {self._shown}."
            )
        return name

    def fitting(self, key: str, known: Sequence[str]) -> str | None:
        """The one column with a usual name; None for none."""
        fit = [name for name in self._names if _plain(name) in known]
        if len(fit) > 1:
            raise SourceError(
                f"{self._where} has several {self._noun}s that may hold the {key}: "
                f"{', '.join(fit)}; say which with `{key}` in {self._table}."
            )
        return fit[0] if fit else None

    def sure(self, key: str, known: Sequence[str]) -> str:
        """As ``fitting``, of what cannot be done without."""
        found = self.fitting(key, known)
        if found is None:
            raise SourceError(
                f"{self._where} has no {self._noun} with a usual name for the {key} (there are "
                f"{self._shown}); name it with `{key}` in {self._table}."
            )
        return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
