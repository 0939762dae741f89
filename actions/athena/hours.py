"""Which hours are to be written, and how is one written once?

First the rows of closed hours: the captures are read once, some hours at a time, and each hour is
claimed. Then the pairs of the hours whose next one is written too, from the rows as they stand in
the table, whoever wrote them. A run that is killed at any moment leaves no hour half written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from actions.athena.claims import Claims, Part
from actions.athena.climbing import climb
from actions.athena.runs import Run, sweep, work_of
from actions.athena.truth import LabelsWriter, folders
from actions.athena.writing import WritingSession
from queries.athena import closed, decoding, schema
from queries.athena.catalogue import Catalogue, Written
from queries.athena.ladder import Climb
from queries.athena.names import beside, folder_text, tables_of
from queries.athena.relations import within
from queries.athena.usage import Usage, asking
from queries.errors import ConfigError, SourceError
from queries.samples import declaration

if TYPE_CHECKING:
    from datetime import datetime

    from actions.athena.truth import Outcomes
    from analysis.labels import LabelCounts
    from queries.athena.catalogue import TableFacts
    from queries.athena.names import Side, Table
    from queries.athena.usage import Running
    from queries.config import Config, Test
    from queries.store import KnownReading

MOST_HOURS = 24
"""Hours that are written at once; Athena writes at most 100 partitions with one statement."""
_OF_READING, _OF_PAIRING = 0, 1


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did: hours by what was written of them, and what it cost.

    ``finished`` are hours that a killed run had begun, ``elsewhere`` hours that another one wrote
    meanwhile, ``swept`` tables that killed runs had left; ``undecided`` records of production with
    candidates that were still open after the last round. ``labels`` is what became of the right
    answers that were joined, None where none were; ``outcomes`` the same of each column that was.
    """

    rows: tuple[str, ...]
    pairs: tuple[str, ...]
    finished: int
    elsewhere: int
    swept: int
    undecided: int
    labels: LabelCounts | None
    outcomes: Outcomes
    usage: Usage


@dataclass(slots=True)
class _Done:
    rows: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    elsewhere: int = 0
    undecided: int = 0


def update(
    config: Config,
    test: Test,
    *,
    now: datetime,
    tell: Callable[[str], None] = lambda _: None,
    progress: Callable[[Running], None] | None = None,
) -> Updated:
    """Write the closed hours of a test that are not written yet; doing it again does nothing more.

    ``tell`` hears a line before each batch of hours.

    Raises
    ------
    AwsError
        When AWS refuses or fails; what is registered by then stays, and the rest can be tried anew.
    ConfigError
        When the tables are not there, or the configuration reads otherwise than they do.
    QuestionError
        When Athena would have to read more than ``[athena]`` allows.
    """
    writer = _Writer(config, test, now)
    done = _Done()
    with asking(Usage(), progress=progress) as usage:
        claims = writer.claims
        finished = claims.finish()
        swept = sweep(config.aws, writer.tables, writer.folders(), now=now)
        for hours, captured in writer.to_read():
            tell(f"reading {_between(hours)}")
            writer.read(hours, captured, done)
        for hours in writer.to_pair():
            tell(f"pairing {_between(hours)}")
            writer.pair(hours, done)
        labels, outcomes = writer.join(tell)
    return Updated(
        rows=tuple(done.rows),
        pairs=tuple(done.pairs),
        finished=finished,
        elsewhere=done.elsewhere,
        swept=swept,
        undecided=done.undecided,
        labels=labels,
        outcomes=outcomes,
        usage=usage,
    )


class _Writer:
    """Writes the hours of one test."""

    def __init__(self, config: Config, test: Test, now: datetime) -> None:
        self.tables = tables_of(test, config.athena)
        self.claims = Claims(config.aws, self.tables)
        self._config = config
        self._test = test
        self._now = now
        self._catalogue = Catalogue(config.aws, config.athena)
        self._session = WritingSession(config.aws, config.athena, config.cache / "athena")
        self._folder = self._facts("captures").location.rstrip("/")
        self._readings = _readings(test, self._folder, self._facts("rows"))

    def to_read(self) -> Iterator[tuple[list[str], list[str]]]:
        """The hours whose rows are to be written, and those of them that have captures."""
        self._written = self._look()
        first, last = closed.bounds(self._test)
        written = self._written.tables[self.tables.name("rows")]
        after = beside(max(written)) if written else first
        until = min(last, closed.last_closed(self._now))
        variants = (self._test.production, self._test.shadow)
        found = closed.captured_hours(
            self._folder, variants, self._config.aws, (max(first, after), until)
        )
        known = [hour for hour, each in written.items() if each.rows]
        if not found and not known:
            return
        # nothing was captured in the hour after the last, and that is to be known for its pairs
        end = min(beside(found[-1] if found else known[-1]), until)
        start = after if written else found[0]
        captured = set(found)
        for batch in _batches(start, end):
            yield batch, [hour for hour in batch if hour in captured]

    def read(self, hours: list[str], captured: Sequence[str], done: _Done) -> None:
        """Write the rows of some hours, and the account of their objects."""
        if not captured:
            self._claim(_OF_READING, {hour: self._nothing() for hour in hours}, done, done.rows)
            return
        run = self._run()
        try:
            captures = self.tables.sql("captures")
            run.reads(captures, self._bytes_of(captured))
            condition = within((captured[0], captured[-1]))
            production, shadow = (self._readings[side].reading for side in ("production", "shadow"))
            rows = run.make(
                "rows",
                " UNION ALL ".join(
                    decoding.rows(
                        reading,
                        decoding.lines_of(captures, variant, condition),
                        side=side,
                        features=production,
                    )
                    for side, variant, reading in (
                        ("production", self._test.production, production),
                        ("shadow", self._test.shadow, shadow),
                    )
                ),
                by_hour=True,
            )
            account = run.make("account", schema.account_of(rows, production), by_hour=True)
            self._register(run, _OF_READING, hours, (account, rows), done, done.rows)
        finally:
            run.close()

    def to_pair(self) -> Iterator[list[str]]:
        """The hours whose pairs are to be written: their rows are there, and those of the next."""
        self._written = self._look()
        rows, pairs = (self._written.tables[self.tables.name(table)] for table in ("rows", "pairs"))
        waiting = [hour for hour in rows if hour not in pairs and beside(hour) in rows]
        if waiting:
            yield from _batches(waiting[0], waiting[-1])

    def pair(self, hours: list[str], done: _Done) -> None:
        """Write the pairs of some hours, and which records could be paired in several ways."""
        found = self._written.tables[self.tables.name("rows")]
        if not any(found[hour].rows for hour in hours):
            self._claim(_OF_PAIRING, {hour: self._nothing() for hour in hours}, done, done.pairs)
            return
        run = self._run()
        try:
            around = (beside(hours[0], -2), beside(hours[-1]))
            for table in ("rows", "pairs"):
                size = self._written.bytes(self.tables.name(table), around)
                run.reads(self.tables.sql(table), size)
            whole = self._readings["production"].reading.output.whole
            climbed = climb(Climb(self.tables, hours[0], hours[-1], whole), run)
            made = tuple(
                None if select is None else run.make(step, select, by_hour=True)
                for step, select in (("ambiguous", climbed.ambiguous), ("pairs", climbed.pairs))
            )
            done.undecided += climbed.undecided
            counts = {hour: {"collisions": climbed.collisions.get(hour, 0)} for hour in hours}
            counts[hours[0]]["undecided"] = climbed.undecided
            self._register(
                run, _OF_PAIRING, hours, (made[0], made[1]), done, done.pairs, counts=counts
            )
        finally:
            run.close()

    def folders(self) -> list[str]:
        """The folders of all that is registered."""
        return [*self.claims.folders(), *folders(self.claims, self._catalogue, self.tables)]

    def join(self, tell: Callable[[str], None]) -> tuple[LabelCounts | None, Outcomes]:
        """Join right answers and outcomes of the test to its pairs, where that is to be done."""
        written, kind = self._look(), self._readings["production"].reading.kind
        if not written.hours:
            return None, ()
        about = self._session, self.claims, self.tables, self._now
        writer = LabelsWriter(self._config, self._test, *about)
        return writer.answers(written, kind, tell), writer.outcomes(written, tell)

    def _register(
        self,
        run: Run,
        at: int,
        hours: Sequence[str],
        made: tuple[str | None, str | None],
        done: _Done,
        into: list[str],
        *,
        counts: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """Claim hours with what a run has made of them, and keep its files of those that it got."""
        parts = [self._parts(run, table, hours) for table in made]
        both = {
            hour: (first, replace(second, counts=(counts or {}).get(hour, {})))
            for hour, first, second in zip(hours, *parts, strict=True)
        }
        for hour in self._claim(at, both, done, into):
            for part in both[hour]:
                run.keep(part.location)

    def _parts(self, run: Run, table: str | None, hours: Sequence[str]) -> list[Part]:
        if table is None:
            return [self._nothing()[0] for _ in hours]
        files = run.files(table)
        counted = run.ask(schema.rows_by_hour(table), "count rows")
        rows = dict(zip(counted["hour"], map(int, counted["n"]), strict=True))
        parts = [
            Part(files.of_hour(hour), files.bytes_of(hour), rows.pop(folder_text(hour), 0))
            for hour in hours
        ]
        lost = [part.location for part in parts if part.rows and not part.bytes]
        if rows or lost:
            raise SourceError(
                f"Athena wrote rows of {', '.join([*rows, *lost])} that are not where they belong; "
                "nothing was registered."
            )
        return parts

    def _claim(
        self, at: int, hours: Mapping[str, tuple[Part, Part]], done: _Done, into: list[str]
    ) -> set[str]:
        ours = self.claims.claim(at, hours)
        into += sorted(ours)
        done.elsewhere += len(hours) - len(ours)
        return ours

    def _nothing(self) -> tuple[Part, Part]:
        """What an hour is registered with of which there is nothing: a folder without files."""
        part = Part(f"{work_of(self._config.athena, self.tables)}nothing/", 0, 0)
        return part, part

    def _run(self) -> Run:
        return Run(self._session, self._config.aws, self._config.athena, self.tables, now=self._now)

    def _facts(self, table: Table) -> TableFacts:
        name = self.tables.name(table)
        found = self._catalogue.table(name)
        if found is None:
            raise ConfigError(
                f"The table {self.tables.database}.{name} is not there; run "
                f"`cli.py athena setup {self._test.name}` first."
            )
        return found

    def _look(self) -> Written:
        names = map(self.tables.name, schema.PARQUET)
        return self._catalogue.written(names, self.tables.name("pairs"))

    def _bytes_of(self, hours: Sequence[str]) -> int:
        """The bytes of the captures of some hours."""
        variants = (self._test.production, self._test.shadow)
        return closed.captured_bytes(self._folder, variants, self._config.aws, hours)


def _readings(test: Test, folder: str, rows: TableFacts) -> dict[Side, KnownReading]:
    """How the tables read both variants.

    Raises
    ------
    ConfigError
        When the configuration reads them otherwise, or reads other captures.
    """
    known = schema.readings_in(rows.parameters)
    declared = declaration(test.prediction, test.cluster)
    wanted = schema.test_properties(test, folder).items()
    if (
        known is None
        or any(each.declared != declared for each in known.values())
        or any(rows.parameters.get(name) != value for name, value in wanted)
    ):
        raise ConfigError(
            f"The tables of {test.name} in Athena hold other captures than [tests.{test.name}] "
            f"names now, or read them otherwise; run `cli.py athena setup {test.name}`, which "
            "makes them anew."
        )
    return known


def _batches(first: str, last: str) -> Iterator[list[str]]:
    """All hours between two, in order, some at a time."""
    batch: list[str] = []
    hour = first
    while hour <= last:
        batch.append(hour)
        if len(batch) == MOST_HOURS:
            yield batch
            batch = []
        hour = beside(hour)
    if batch:
        yield batch


def _between(hours: Sequence[str]) -> str:
    return f"{hours[0]} to {hours[-1]}" if len(hours) > 1 else hours[0]
