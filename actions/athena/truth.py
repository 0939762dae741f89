"""When are right answers, and outcomes, joined to their pairs in Athena, and when do they count?

Their files are read on this machine, what is new of them alone, as for any test; the labels are
given to Athena as a table on the way, and what it joins becomes a partition of the table ``truth``
(decision 39), or of ``outcomes`` for each column of these. It is registered when it is whole, and
replaces the one before; that one goes a day later, for a page may still ask it.
"""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from actions.athena.joining import Joined, join
from actions.athena.runs import DEAD_AFTER, Bucket, Run
from analysis.labels import LabelCounts
from analysis.policy import STRUCTURED
from queries.athena import label_file
from queries.athena.labels import JoinedLabels, arrived_last, states_about, states_of, value
from queries.athena.names import JoinedTable
from queries.athena.truth import Join
from queries.labelled import Labelled
from queries.opened import folder_of
from queries.store import Store
from queries.truth_files import listed, read_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from actions.athena.claims import Claims
    from actions.athena.writing import WritingSession
    from queries.athena.catalogue import Catalogue, Written
    from queries.athena.names import Tables
    from queries.config import Config, Test
    from queries.config_truth import Truth
    from queries.reading import Kind
    from queries.truth_files import Labels

VERSION = 1
"""Of the rules of joining: with others, labels are joined anew."""
JOINED: tuple[JoinedTable, ...] = get_args(JoinedTable)
Outcomes = tuple[tuple[str, LabelCounts], ...]
"""Columns of outcomes, and what became of the lines of each."""
_STEP = timedelta(microseconds=1)


def folders(claims: Claims, catalogue: Catalogue, tables: Tables) -> list[str]:
    """The folders of all states that are registered; none where there is no table for them."""
    return [
        each.location
        for table in JOINED
        if catalogue.table(tables.name(table)) is not None
        for each in states_of(claims.partitions(table))
    ]


class LabelsWriter:
    """Joins the labels of one test to the pairs that are written."""

    def __init__(
        self,
        config: Config,
        test: Test,
        session: WritingSession,
        claims: Claims,
        tables: Tables,
        now: datetime,
    ) -> None:
        self._config = config
        self._test = test
        self._session = session
        self._claims = claims
        self._tables = tables
        self._now = now
        self._store = Store(folder_of(config, test))

    def answers(
        self, written: Written, kind: Kind, tell: Callable[[str], None]
    ) -> LabelCounts | None:
        """Join the right answers there are to the hours there are.

        None where there are none, or that is done already.

        Raises
        ------
        AwsError
            When AWS refuses or fails; what counted before still does.
        QuestionError
            When Athena would have to read more than ``[athena]`` allows.
        SourceError
            When the labels cannot be read, or there is no table for what they come to.
        """
        truth = self._test.truth
        if truth is None:
            return None
        self._drop([truth])
        return self._update(truth, written, kind, tell)

    def outcomes(self, written: Written, tell: Callable[[str], None]) -> Outcomes:
        """Join each column of outcomes; those that were, and what became of their lines.

        Raises
        ------
        AwsError, QuestionError, SourceError
            As ``answers``.
        """
        if self._test.outcomes is None:
            return ()
        columns = [outcome for _, outcome in self._test.outcomes.each]
        self._drop(columns)
        # numbers, whatever the answers are
        found = [self._update(outcome, written, "regression", tell) for outcome in columns]
        told = zip(self._test.outcomes.columns, found, strict=True)
        return tuple((column, counts) for column, counts in told if counts is not None)

    def _update(
        self, truth: Truth, written: Written, kind: Kind, tell: Callable[[str], None]
    ) -> LabelCounts | None:
        aws, table = self._config.aws, truth.table
        states = states_of(self._claims.partitions(table))
        # before they are read: what arrives meanwhile counts as not read
        arrived = arrived_last(listed(truth.location, aws, table=table))
        labels = read_labels(self._store, truth, aws, whole=kind in STRUCTURED)
        told = f"{VERSION} {labels!r} {written.state} {kind}"
        made_of = hashlib.sha256(told.encode()).hexdigest()[:16]
        mine = states_about(states, truth)
        latest = mine[-1].joined if mine else None
        if latest is not None and latest.made_of == made_of:
            return None
        called = "labels" if table == "truth" else f"outcomes {truth.label!r}"
        tell(f"joining the {called} of {len(labels.files):,} files")
        # the latest one counts: a clock that is slow must not leave an earlier one in force
        began = max([self._now, *(each.began + _STEP for each in states)])
        return self._write(truth, written, kind, labels, value(began, made_of), arrived)

    def _write(
        self,
        truth: Truth,
        written: Written,
        kind: Kind,
        labels: Labels,
        named: str,
        arrived: str,
    ) -> LabelCounts:
        config, tables, table = self._config, self._tables, truth.table
        run = Run(self._session, config.aws, config.athena, tables, now=self._now)
        hours = written.hours[0], written.hours[-1]
        for name in ("rows", "pairs"):
            run.reads(tables.sql(name), written.bytes(tables.name(name), hours))
        try:
            with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
                file = Path(folder) / "labels.parquet"
                some = label_file.write(labels.path(self._store), file)
                given = run.give("labels", file, label_file.COLUMNS)
            joining = Join(tables, hours, written.state, given, kind)
            joined = join(joining, labels, run, location=truth.location, some=some)
            files = run.files(run.make(table, joined.rows))
            told = JoinedLabels(
                made_of=named.rpartition("-")[2],
                files=labels.name,
                arrived=arrived,
                last_hour=hours[1],
                bytes=files.bytes,
                labelled=_labelled(named, joined),
            )
            if self._claims.register(table, {named: (files.location, told.parameters)}):
                run.keep(files.location)
        finally:
            run.close()
        return joined.counts

    def _drop(self, truths: Sequence[Truth]) -> None:
        """Remove what was replaced so long ago that nobody asks it, and columns that nobody does.

        ``truths`` are all that one table is about.
        """
        table, bucket = truths[0].table, Bucket(self._config.aws)
        states = states_of(self._claims.partitions(table))
        replaced = {each.value: each.began for each in states}
        for truth in truths:
            mine = states_about(states, truth)
            replaced |= {each.value: after.began for each, after in pairwise(mine)}
            replaced |= {each.value: self._now for each in mine[-1:]}
        for each in states:
            if self._now - replaced[each.value] > DEAD_AFTER:
                # the files first: a partition that is still there is found again
                bucket.clear(each.location)
                self._claims.forget(table, each.value)


def _labelled(name: str, joined: Joined) -> Labelled:
    return Labelled(name, joined.counts, joined.ids, joined.yes, joined.no)
