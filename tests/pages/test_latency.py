"""Is latency told where it is known: of a log request by request, of CloudWatch with overhead?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from streamlit.testing.v1 import AppTest

from analysis.paired_latency import Throughput, Timeouts, measure
from analysis.report import Report
from pages.parts import performance
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import charts, plain, show


def logged() -> Report:
    """Of 400 requests a hundred are 5 ms slower at the shadow, and 10 are 3 ms faster."""
    production = np.linspace(20, 40, 400)
    delta = np.concatenate([np.full(100, 5.0), np.full(10, -3.0), np.zeros(290)])
    paired = measure(
        production,
        production + delta,
        timeouts=Timeouts(400, 1, 2, 3),
        throughput=(Throughput(400, 0.5, 9), Throughput(380, 0.4, 8)),
        tolerance_ms=1.0,
        confidence=0.95,
        alpha=0.05,
        planned=10_000,
    )
    return replace(sample.report(), paired_latency=paired)


def test_a_log_is_told_request_by_request(app: AppTest, answers: Answers):
    """The share that is slower, the timeouts of both sides, and whose intervals these are."""
    answers.report = logged()
    show(app, "latency")
    assert not app.exception
    values = [metric.value for metric in app.metric]
    assert any("25.0" in value for value in values)
    assert performance.INTERVALS_OF_A_LOG in plain(app)
    assert "However often one looks, the median difference is " in plain(app)
    assert performance.NO_LATENCY_IN_CAPTURES not in plain(app)


def test_a_filter_reaches_a_log(app: AppTest, answers: Answers):
    """A log knows its requests: the report is asked with the filter, CloudWatch's without."""
    config = answers.config
    of_log = replace(config.tests[0], log="/log", captures="")
    answers.config = replace(config, tests=(of_log, *config.tests[1:]))
    answers.report = logged()
    show(app, "latency")
    app.text_input(key="where").set_value("amount >= 900").run()
    assert answers.asked[-1] == ("report", "fraud-v7", "all", "amount >= 900")
    assert performance.NOT_FILTERED not in plain(app)


def test_overhead_is_shown_and_not_judged(app: AppTest, answers: Answers):
    """Where CloudWatch has it, overhead has a table of its own and a sentence on what it is."""
    overhead = replace(sample.latency(), metric="OverheadLatency")
    answers.report = replace(sample.report(), overhead=overhead)
    show(app, "latency")
    assert not app.exception
    assert performance.OVERHEAD in plain(app)
    answers.report = sample.report()
    app.run()
    assert performance.OVERHEAD not in plain(app)


def test_what_a_log_lacks_is_told_beside_what_it_has(app: AppTest, answers: Answers):
    """No latency noted: the errors are there, and a sentence says what is missing."""
    why = "The log holds no request whose `latency_ms` is noted for both variants."
    answers.report = replace(sample.report(), latency=None, latency_problem=why)
    show(app, "latency")
    assert not app.exception
    assert "Something is missing here." in plain(app)
    assert why.replace("`", "") in plain(app).replace("`", "")
    assert len(charts(app)) == 3


def test_errors_without_a_series_have_no_picture_of_time(app: AppTest, answers: Answers):
    """Rates without blocks of time are a table and one picture, not an empty axis."""
    errors = replace(sample.errors(), series=())
    answers.report = replace(sample.report(), latency=None, errors=errors)
    show(app, "latency")
    assert not app.exception
    assert len(charts(app)) == 1
