"""Is a quota found, with what is in use, and is what is not known told as that?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo import sagemaker, training_jobs
from demo.clock import Clock
from demo.faults import Faults
from demo.metrics import Metrics
from demo.moment import Surroundings
from demo.quotas import Quotas
from demo.series import Series
from demo.standin import StandIn, operations
from demo.wire import application
from queries import quotas as found_by
from queries.aws import client
from queries.config import Aws
from queries.quotas import MOST_ENDPOINTS, quota_name, quotas
from tests.actions.cloud import MODELS, variant

KIND, OTHER = "ml.m5.large", "ml.c6i.xlarge"


@pytest.fixture(autouse=True)
def nothing_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are kept for as long as the process lives: each test begins without."""
    monkeypatch.setattr(found_by, "_codes", {})


@contextmanager
def account(
    folder: Path, *, clock: Callable[[], float] = time.time, own: dict[str, int] | None = None
) -> Iterator[tuple[Aws, Faults]]:
    """Three endpoints: of 1, of 2, and of 3 instances beside a shadow of another type.

    With ``own`` the quotas are these, and name no metric.
    """
    sagemaker.write(folder, [], end_ms=1_760_000_000_000)
    training_jobs.write(folder, [])
    faults = Faults()
    held = sagemaker.state(folder)
    shown = Series(Metrics(folder / "metrics"))
    answers = operations(folder, Surroundings(clock=clock, faults=faults, speed=1e6))
    if own is not None:
        answers += faults.guarded(Quotas(held, shown, clock, own, published=False).operations())
    server = StandIn(application(answers))
    aws = Aws(region="eu-central-1", endpoint_url=server.url)
    api = client(aws, "sagemaker")
    for name, more in (
        ("one", {"ProductionVariants": [variant(MODELS[0], count=2)]}),
        (
            "two",
            {
                "ProductionVariants": [variant(MODELS[0], count=3)],
                "ShadowProductionVariants": [
                    variant(MODELS[1], "Shadow-01", count=1) | {"InstanceType": OTHER}
                ],
            },
        ),
    ):
        api.create_endpoint_config(EndpointConfigName=f"{name}-1", **more)
        api.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    try:
        yield aws, faults
    finally:
        server.stop()


def test_the_usage_metric_is_asked_for_what_is_in_use(tmp_path: Path) -> None:
    """By hand: 1 + 2 + 3 of one type and 1 of the other, of 20 each; a type is told once."""
    with account(tmp_path) as (aws, _):
        time.sleep(0.05)  # the endpoints are in service after a millionth of what AWS takes
        one, two = quotas(aws, (KIND, OTHER, KIND))
    assert (one.instance_type, one.limit, one.used, one.unseen) == (KIND, 20, 6, 0)
    assert (two.limit, two.used) == (20, 1)
    assert one.counted.startswith("by AWS's usage metric of ")


def test_without_a_metric_the_endpoints_are_counted(tmp_path: Path) -> None:
    """The account's own quota where it has one, else AWS's default; and of how many endpoints."""
    clock = Clock()
    with account(tmp_path, clock=clock, own={KIND: 7}) as (aws, _):
        clock.skip(3600)
        one, two = quotas(aws, (KIND, OTHER))
    assert (one.limit, one.used, one.counted) == (7, 6, "counted at 3 endpoints")
    assert (two.limit, two.used) == (20, 1)


def test_a_metric_without_values_is_no_zero(tmp_path: Path) -> None:
    """Published at the stand-in's time, hours ago: the endpoints are counted in its place."""
    clock = Clock()
    with account(tmp_path, clock=clock) as (aws, _):
        clock.skip(3600)
        (one,) = quotas(aws, (KIND,))
    assert (one.used, one.counted) == (6, "counted at 3 endpoints")


@pytest.mark.parametrize("operation", ["ListAWSDefaultServiceQuotas", "GetServiceQuota"])
def test_a_quota_that_may_not_be_read_is_not_known(tmp_path: Path, operation: str) -> None:
    """What AWS refused is told, and no number stands in its place."""
    with account(tmp_path) as (aws, faults):
        faults.deny(operation)
        (one,) = quotas(aws, (KIND,))
    assert (one.limit, one.used) == (None, None)
    assert "AccessDenied" in one.why
    assert operation in one.why


def test_a_quota_that_does_not_exist_is_not_known(tmp_path: Path) -> None:
    """A type newer than Service Quotas, or than the region."""
    with account(tmp_path) as (aws, _):
        (one,) = quotas(aws, ("ml.m99.large",))
    assert one.limit is None
    assert quota_name("ml.m99.large") in one.why


def test_endpoints_that_may_not_be_read_are_told(tmp_path: Path) -> None:
    """A quota is known without them, what is in use is at least what was seen."""
    clock = Clock()
    with account(tmp_path, clock=clock, own={}) as (aws, faults):
        clock.skip(3600)
        faults.deny("DescribeEndpoint")
        (blind,) = quotas(aws, (KIND,))
        faults.deny("ListEndpoints")
        (none,) = quotas(aws, (KIND,))
    assert (blind.limit, blind.used, blind.unseen) == (20, 0, 3)
    assert (none.limit, none.used) == (20, None)
    assert "ListEndpoints" in none.why


def test_only_so_many_endpoints_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest are told as not seen."""
    assert MOST_ENDPOINTS >= 50
    monkeypatch.setattr(found_by, "MOST_ENDPOINTS", 2)
    clock = Clock()
    with account(tmp_path, clock=clock, own={}) as (aws, _):
        clock.skip(3600)
        (one,) = quotas(aws, (KIND,))
    assert (one.counted, one.unseen) == ("counted at 2 endpoints", 1)


def test_the_codes_are_looked_up_once(tmp_path: Path) -> None:
    """Every page of the list was read; after that one call finds a quota."""
    with account(tmp_path) as (aws, faults):
        quotas(aws, (KIND,))
        faults.deny("ListAWSDefaultServiceQuotas")
        (one,) = quotas(aws, ("ml.p4d.24xlarge",))
    assert one.limit == 0
