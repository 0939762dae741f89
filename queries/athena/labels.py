"""Which right answers, and outcomes, have found their pairs in Athena, and what has come since?

`cli.py athena update` joins labels to pairs. What came of it is a partition of the table ``truth``
that is registered when it is whole, under the time at which it was begun: the latest one counts.
So it is with ``outcomes``, where the latest one of each column does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import orjson

from analysis.labels import LabelsBehind
from queries.athena import truth
from queries.athena.schema import PLAIN
from queries.errors import NotComparable, SourceError
from queries.kept import value_of
from queries.labelled import Labelled
from queries.truth import LOOK_EVERY_S
from queries.truth_files import listed, name_of, read_as

if TYPE_CHECKING:
    from queries.athena.catalogue import Catalogue, Written
    from queries.athena.engine import AthenaEngine
    from queries.athena.names import Tables
    from queries.config import Aws, Test
    from queries.config_truth import Truth
    from queries.objects import CaptureObject

_JOINED = "understudy.joined"
_BEGAN = "%Y%m%d%H%M%S%f"


@dataclass(frozen=True, slots=True)
class JoinedLabels:
    """What a partition of the table ``truth`` or ``outcomes`` is given when it is registered.

    ``made_of`` names all that it depends on, ``files`` the labels' files and how they are read;
    ``arrived`` is when the newest of them did, "" where nothing tells. ``last_hour`` is the last
    whose pairs were there, ``bytes`` the size of the partition.
    """

    made_of: str
    files: str
    arrived: str
    last_hour: str
    bytes: int
    labelled: Labelled

    @property
    def read_as(self) -> str:
        """Names how the labels were read (``truth_files``)."""
        return self.files.partition("-")[0]

    @property
    def parameters(self) -> dict[str, str]:
        """As a parameter of the partition."""
        return {_JOINED: quote(orjson.dumps(self).decode(), safe=PLAIN)}


@dataclass(frozen=True, slots=True)
class State:
    """A partition: its value, when it was begun, where its files lie, and what it was given.

    ``joined`` is None where another version of Understudy gave it.
    """

    value: str
    began: datetime
    location: str
    joined: JoinedLabels | None


def value(began: datetime, made_of: str) -> str:
    """What a partition is called, so that the latest one sorts last."""
    return f"{began.astimezone(UTC):{_BEGAN}}-{made_of}"


def states_of(partitions: Iterable[Mapping[str, Any]]) -> tuple[State, ...]:
    """The states of labels and hours that some partitions hold, the latest one last.

    Raises
    ------
    SourceError
        When one is none that Understudy registered.
    """
    return tuple(sorted(map(_state, partitions), key=lambda each: each.value))


def states_about(states: Iterable[State], truth: Truth) -> tuple[State, ...]:
    """Those of one column of outcomes; of right answers all, for they have one column only.

    What was joined as right answers counts until it is joined anew, however these are to be read
    by then. One column of outcomes is never shown as another.
    """
    if truth.table == "truth":
        return tuple(states)
    mine = read_as(truth, whole=False)
    return tuple(each for each in states if each.joined and each.joined.read_as == mine)


def _state(partition: Mapping[str, Any]) -> State:
    (named,) = partition["Values"]
    try:
        began = datetime.strptime(named.partition("-")[0], _BEGAN).replace(tzinfo=UTC)
    except ValueError:
        raise SourceError(
            f"The partition {named!r} of a table of right answers or outcomes was not registered "
            "by `cli.py athena update`; drop it."
        ) from None
    location = partition["StorageDescriptor"]["Location"]
    return State(named, began, location, _joined(partition.get("Parameters") or {}))


class LabelsInAthena:
    """The labels of the pairs of one test; see :class:`queries.labelled.PairLabels`."""

    def __init__(
        self,
        test: Test,
        truth: Truth,
        aws: Aws,
        catalogue: Catalogue,
        tables: Tables,
        written: Written,
        engine: AthenaEngine,
        *,
        relation: str = "truth",
        whole: bool = False,
    ) -> None:
        self.relation = relation
        self._whole = whole
        self._test = test
        self._truth = truth
        self._aws = aws
        self._catalogue = catalogue
        self._tables = tables
        self._written = written
        self._engine = engine
        self._lock = threading.Lock()
        self._found: JoinedLabels | None = None
        self._value = ""
        self._looked = 0.0

    def read(self) -> Labelled:
        """Ask Glue for the labels that were joined last, and let questions ask for the relation.

        Raises
        ------
        AwsError
            When Glue does not say.
        NotComparable
            When none were joined yet.
        SourceError
            When there is no table for them.
        """
        return self._latest().labelled

    def behind(self) -> LabelsBehind | None:
        """What has come since they were joined, by the listing of their files."""
        joined = self._latest()
        hours = self._written.hours[-1] > joined.last_hour
        try:
            found = listed(self._truth.location, self._aws, table=self._truth.table)
        except SourceError as error:
            return LabelsBehind(hours=hours, problem=str(error))
        if name_of(found, self._truth, whole=self._whole) == joined.files:
            return LabelsBehind(hours=True) if hours else None
        since = sum(arrived_last([each]) > joined.arrived for each in found)
        return LabelsBehind(files=since, changed=not since, hours=hours)

    def _latest(self) -> JoinedLabels:
        with self._lock:
            if self._found is None or time.monotonic() - self._looked > LOOK_EVERY_S:
                value, self._found = self._look()
                if value != self._value:
                    table = self._truth.table
                    self._engine.attach(
                        self.relation,
                        truth.relation(self._tables, table, value),
                        reads={self._tables.name(table): self._found.bytes},
                    )
                self._value, self._looked = value, time.monotonic()
            return self._found

    def _look(self) -> tuple[str, JoinedLabels]:
        name, update = (
            self._tables.name(self._truth.table),
            f"cli.py athena update {self._test.name}",
        )
        called = "right answers"
        if self._truth.table == "outcomes":
            called = f"outcomes {self._truth.label!r}"
        if self._catalogue.table(name) is None:
            raise SourceError(
                f"Glue has no table {self._tables.database}.{name} for the {called} of "
                f"{self._test.name}: run `cli.py athena setup {self._test.name}`."
            )
        states = states_about(states_of(self._catalogue.partitions(name)), self._truth)
        if not states:
            raise NotComparable(
                f"The {called} of {self._test.name} have not been joined to its pairs in Athena "
                f"yet: run `{update}`.",
                remedy="later",
            )
        latest = states[-1]
        if latest.joined is None:
            raise SourceError(
                f"The partition {latest.value} of {self._tables.database}.{name} was not "
                f"registered by this version of Understudy: run `{update}`."
            )
        return latest.value, latest.joined


def arrived_last(files: Sequence[CaptureObject]) -> str:
    """When the newest of some files arrived, as a text that sorts so; "" where nothing tells."""
    return max((_text(each.arrived) for each in files), default="")


def _text(arrived: datetime | None) -> str:
    return "" if arrived is None else f"{arrived:%Y-%m-%dT%H:%M:%S.%f}"


def _joined(parameters: Mapping[str, str]) -> JoinedLabels | None:
    try:
        found: JoinedLabels = value_of(JoinedLabels, orjson.loads(unquote(parameters[_JOINED])))
    except (KeyError, ValueError):
        return None
    return found
