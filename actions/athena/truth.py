"""When are right answers joined to their pairs in Athena, and when do they count?

Their files are read on this machine, what is new of them alone, as for any test; the labels are
given to Athena as a table on the way, and what it joins becomes a partition of the table ``truth``
(decision 39). It is registered when it is whole, and replaces the one before; that one goes a day
later, for a page may still ask it.
"""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from actions.athena.joining import Joined, join
from actions.athena.runs import DEAD_AFTER, Bucket, Run
from queries.athena import label_file
from queries.athena.labels import JoinedLabels, arrived_last, states_of, value
from queries.athena.truth import Join
from queries.labelled import Labelled
from queries.opened import folder_of
from queries.store import Store
from queries.truth_files import listed, read_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from actions.athena.claims import Claims
    from actions.athena.writing import WritingSession
    from analysis.labels import LabelCounts
    from queries.athena.catalogue import Catalogue, Written
    from queries.athena.labels import State
    from queries.athena.names import Tables
    from queries.config import Config, Test
    from queries.config_truth import Truth
    from queries.reading import Kind
    from queries.truth_files import Labels

VERSION = 1
"""Of the rules of joining: with others, labels are joined anew."""
_STEP = timedelta(microseconds=1)


def folders(claims: Claims, catalogue: Catalogue, tables: Tables) -> list[str]:
    """The folders of all states that are registered; none where there is no table for them."""
    if catalogue.table(tables.name("truth")) is None:
        return []
    return [each.location for each in states_of(claims.partitions("truth"))]


class LabelsWriter:
    """Joins the labels of one test to the pairs that are written."""

    def __init__(
        self,
        config: Config,
        test: Test,
        truth: Truth,
        session: WritingSession,
        claims: Claims,
        tables: Tables,
    ) -> None:
        self._config = config
        self._test = test
        self._truth = truth
        self._session = session
        self._claims = claims
        self._tables = tables
        self._store = Store(folder_of(config, test))

    def update(
        self, written: Written, kind: Kind, *, now: datetime, tell: Callable[[str], None]
    ) -> LabelCounts | None:
        """Join the labels there are to the hours there are; None where that is done already.

        Raises
        ------
        AwsError
            When AWS refuses or fails; what counted before still does.
        QuestionError
            When Athena would have to read more than ``[athena]`` allows.
        SourceError
            When the labels cannot be read, or there is no table for what they come to.
        """
        states = states_of(self._claims.partitions("truth"))
        # before they are read: what arrives meanwhile counts as not read
        arrived = arrived_last(listed(self._truth.location, self._config.aws))
        labels = read_labels(self._store, self._truth, self._config.aws, whole=False)
        told = f"{VERSION} {labels!r} {written.state} {kind}"
        made_of = hashlib.sha256(told.encode()).hexdigest()[:16]
        latest = states[-1].joined if states else None
        self._drop(states, now=now)
        if latest is not None and latest.made_of == made_of:
            return None
        tell(f"joining the labels of {len(labels.files):,} files")
        # the latest one counts: a clock that is slow must not leave an earlier one in force
        began = max([now, *(each.began + _STEP for each in states)])
        return self._write(written, kind, labels, value(began, made_of), arrived, now=now)

    def _write(
        self,
        written: Written,
        kind: Kind,
        labels: Labels,
        named: str,
        arrived: str,
        *,
        now: datetime,
    ) -> LabelCounts:
        config, tables = self._config, self._tables
        run = Run(self._session, config.aws, config.athena, tables, now=now)
        hours = written.hours[0], written.hours[-1]
        for name in ("rows", "pairs"):
            run.reads(tables.sql(name), written.bytes(tables.name(name), hours))
        try:
            with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
                file = Path(folder) / "labels.parquet"
                some = label_file.write(labels.path(self._store), file)
                table = run.give("labels", file, label_file.COLUMNS)
            joining = Join(tables, hours, written.state, table, kind)
            joined = join(joining, labels, run, location=self._truth.location, some=some)
            rows = run.make("truth", joined.rows)
            files = run.files(rows)
            told = JoinedLabels(
                made_of=named.rpartition("-")[2],
                files=labels.name,
                arrived=arrived,
                last_hour=hours[1],
                bytes=files.bytes,
                labelled=_labelled(named, joined),
            )
            if self._claims.register("truth", {named: (files.location, told.parameters)}):
                run.keep(files.location)
        finally:
            run.close()
        return joined.counts

    def _drop(self, states: Sequence[State], *, now: datetime) -> None:
        """Remove the states that were replaced so long ago that nobody asks them any more."""
        bucket = Bucket(self._config.aws)
        for each, after in pairwise(states):
            if now - after.began > DEAD_AFTER:
                # the files first: a partition that is still there is found again
                bucket.clear(each.location)
                self._claims.forget("truth", each.value)


def _labelled(name: str, joined: Joined) -> Labelled:
    return Labelled(name, joined.counts, joined.ids, joined.yes, joined.no)
