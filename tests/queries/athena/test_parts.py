"""Are answers of several parts compared in Athena as they are on this machine?

``make test-trino`` asks the same of a real Trino.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.structured import Rules
from demo.athena.duck import Duck
from queries.answers import Answer
from queries.athena.opening import open_on_athena
from queries.athena.refusing import NOT_IN_SQL
from queries.config import ConfigError, Prediction, Truth, load
from queries.measures import comparison
from queries.noise import noise
from queries.opened import Opened, open_test
from queries.quality import quality
from tests.actions.athena.conftest import account as account
from tests.actions.athena.writing import Cut, Writing
from tests.asking_both import ASKED, OF_PARTS, ask_with, differences
from tests.queries.athena.parting import RULES, check
from tests.queries.capturing import NOON, line
from tests.queries.labelling import truth_file

HOURS = 3
WINDOW = NOON.replace(tzinfo=None), NOON.replace(tzinfo=None) + timedelta(hours=HOURS + 1)
# They need labels of their own, which tests/asking_both.py makes of the demo's pairs.
LABELLED = {
    *("error_sums", "label_coverage", "label_delays", "labelled_scores", "labels_by_method"),
    *("labels_without_number", "outcomes"),
}


@pytest.mark.parametrize(("rules", "answers"), RULES, ids=lambda each: getattr(each, "kind", ""))
def test_every_form_is_compared_as_python_does(rules: Rules, answers: Sequence[str | None]) -> None:
    """Objects, lists, rows of CSV and what is none of them, each beside each."""
    assert check(Duck(), rules, answers) > len(answers)


class Parts(Writing):
    """A test of three hours whose answers have several parts."""

    def __init__(self, account: Cut, prediction: Prediction, answers: Any, **about: Any) -> None:
        super().__init__(account, prediction=prediction, **about)
        encoding = ("CSV", "CSV" if isinstance(answers(0, False), str) else "JSON")
        for hour in range(HOURS):
            for variant, shadow in ((self.test.production, False), (self.test.shadow, True)):
                lines = [
                    line(
                        f"{n % 4},{hour},2,{n}",
                        answers(10 * hour + n, shadow),
                        at=NOON + timedelta(hours=hour, seconds=60 * n + shadow),
                        event=f"{hour}-{n}",
                        encodings=encoding,
                    )
                    for n in range(10)
                ]
                self.object(variant, hour, lines)
        self.set_up()
        self.update()

    def both(self) -> tuple[Opened, Opened]:
        """The test as this machine opens it, and Athena."""
        here = open_test(self.config, replace(self.test, engine="duckdb"))
        return here, open_on_athena(self.config, self.test)


def by_name(n: int, shadow: bool) -> Any:
    """Two numbers and a third that comes and goes; some answers are none."""
    answer: dict[str, Any] = {"price": 10 + n, "share": 0.5 + 0.01 * n * shadow}
    if (n + shadow) % 5 == 0:
        answer["rest"] = n
    return {"model": "a", "out": "?" if n % 11 == 3 else answer}


def listed(n: int, shadow: bool) -> Any:
    """A row a request, of numbers in a list of lists; NULL for one."""
    return {"predictions": [None if n == 7 else [n, n + 0.5 * shadow * (n % 3)]]}


def in_csv(n: int, shadow: bool) -> Any:
    """Numbers in a row of CSV."""
    return f"{n},{n * (1 + 0.01 * shadow * (n % 4))},{3 if n % 6 else 'x'}"


def chosen(n: int, shadow: bool) -> Any:
    """Labels as objects of a name and a score."""
    given = [{"label": "a", "score": 0.9}, {"label": "it's", "score": 0.1 * ((n + shadow) % 10)}]
    return {"labels": given if n % 9 else "none"}


KINDS = {
    "numbers by name": (Prediction(kind="multioutput", path="$.out"), by_name),
    "numbers in lists": (Prediction(kind="multioutput"), listed),
    "numbers in CSV": (Prediction(kind="multioutput", labels=("p", "q", "r")), in_csv),
    "labels as objects": (Prediction(kind="multilabel", path="$.labels", threshold=0.4), chosen),
}


# scores by label are among those of test_every_form_is_compared_as_python_does
@pytest.mark.parametrize("name", KINDS)
def test_both_engines_answer_alike(account: Cut, name: str) -> None:
    """The questions, cell by cell, those about several parts too; and what pages make of them."""
    tables = Parts(account, *KINDS[name])
    here, there = tables.both()
    assert here.reading.kind == there.reading.kind == tables.test.prediction.kind
    wrong = {}
    assert here.compared is not None
    assert there.compared is not None
    measures = there.compared.measures
    assert measures == here.compared.measures
    # the others say the same of every kind
    others = {*ASKED} - LABELLED if name == "numbers by name" else {"agreement_by_block", "slices"}
    for question in sorted(others | {*OF_PARTS}):
        asked = ASKED.get(question) or replace(
            OF_PARTS[question], columns=measures[:1] if OF_PARTS[question].columns else ()
        )
        answers = [ask_with(each.engine, question, asked, *WINDOW) for each in (here, there)]
        if question == "field_differences":
            answers[0] = _by_name(answers[0], here.compared.fields)
        wrong[question] = differences(*answers)
    assert {question: lines for question, lines in wrong.items() if lines} == {}
    window = here.window("all")
    mine, theirs = comparison(here, window), comparison(there, window)
    assert mine is not None
    assert theirs is not None
    assert (mine.n, mine.not_compared, mine.cut) == (theirs.n, theirs.not_compared, theirs.cut)
    assert 0 < mine.n <= 30
    assert sorted(map(_told, mine.fields)) == sorted(map(_told, theirs.fields))
    assert [*map(_told, mine.measures)] == [*map(_told, theirs.measures)]
    assert _told(noise(here, "all")) == _told(noise(there, "all"))
    assert account.athena.untested == []


def _told(found: object) -> str:
    """What was found, its numbers to nine digits: sums are added in another order."""
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.9g}", repr(found))


def _by_name(answer: Answer, names: Sequence[str]) -> Answer:
    """On this machine fields are numbered; in Athena each is told by its name."""
    field = np.array([names[int(each)] for each in answer["field"]], dtype=object)
    return Answer({**dict(answer), "field": field})


@pytest.mark.parametrize("kind", sorted(NOT_IN_SQL))
def test_other_kinds_are_refused_before_anything_is_scanned(tmp_path: Path, kind: str) -> None:
    """By the configuration, where it names the kind."""
    file = tmp_path / "understudy.toml"
    file.write_text(
        '[athena]\nwork = "s3://bucket/work/"\n[tests.a]\ncaptures = "s3://bucket/captures"\n'
        'production = "P"\nshadow = "S"\nengine = "athena"\n'
        f'[tests.a.prediction]\nkind = "{kind}"\n'
    )
    with pytest.raises(ConfigError, match=f"does not compare answers of the kind '{kind}'"):
        load(file)


def test_their_right_answers_are_counted(account: Cut) -> None:
    """As on this machine: each whole answer is one label, its coverage is told, and no measure."""
    truth = Truth(location="s3://captures/labels")
    told = truth_file(
        account.folder / "captures" / "labels" / "a.csv", 'id,label\n0-1,"1,2"\nno,3\n'
    )
    assert told.exists()
    tables = Parts(account, *KINDS["numbers by name"], truth=truth)
    here, there = (quality(each, "all") for each in tables.both())
    assert there.behind is None
    assert repr(here) == repr(there)
    assert (there.counts.used, there.counts.unknown_id) == (1, 1)
