"""Are the resources shown those that CloudWatch measured, on what SageMaker says it runs on?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimates import Window
from analysis.resources import Utilisation
from demo import account, cloudwatch, sagemaker
from demo.metrics import Metrics
from demo.resources import TARGET as SAGEMAKER
from demo.series import Series
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries import aws
from queries.config import Aws, Config, Instance, Test, load
from queries.discovery import discover
from queries.disks import fullest
from queries.errors import AwsError
from queries.instances import cores_by_name, gpus_by_name, machine, machines
from queries.metric_data import Query, ask, column, starts
from queries.opened import Opened, open_test
from queries.periods import Blocks
from queries.resources import read, resources
from tests.queries.capturing import capture_file, line

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOURS = 24
START = END - timedelta(hours=HOURS)
NAMES = ("AllTraffic", "Shadow-01")
TARGET = cloudwatch.TARGET
Serve = Callable[[list[Operation]], Aws]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of a variant in the stand-in: what each used in every minute, in per cent."""

    kind: str = "ml.m5.xlarge"
    count: int = 2
    an_hour: int = 600
    since: int = 0
    cpu: float = 170.0
    gpu: float | None = None
    disk: float = 20.0


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve operations on this machine; the account to ask them of."""
    servers: list[StandIn] = []
    # no pauses between the attempts: five refusals would take half a minute
    monkeypatch.setattr(aws, "_ATTEMPTS", 2)

    def start(operations: list[Operation]) -> Aws:
        servers.append(StandIn(application(operations)))
        return Aws(region="eu-central-1", endpoint_url=servers[-1].url)

    yield start
    for server in servers:
        server.stop()


def measured(folder: Path, production: Fleet, shadow: Fleet) -> list[Operation]:
    """CloudWatch of the demo, over one endpoint with these two fleets, from START to END."""
    arrays: dict[str, Any] = {}
    for name, fleet in zip(NAMES, (production, shadow), strict=True):
        first = round(1_000 * START.timestamp()) + fleet.since * 3_600_000
        last = round(1_000 * END.timestamp())
        minutes = np.repeat(np.arange(first, last, 60_000), fleet.count)
        asked = np.arange(first, last, 3_600_000 // fleet.an_hour)
        arrays |= {
            f"{name}/time_ms": asked,
            f"{name}/status": np.full(len(asked), 200),
            f"{name}/ModelLatency": np.full(len(asked), 20_000),
            f"{name}/OverheadLatency": np.full(len(asked), 2_000),
            f"{name}/sampled_ms": minutes,
            f"{name}/instances": np.array(fleet.count),
            f"{name}/CPUUtilization": np.full(len(minutes), fleet.cpu),
            f"{name}/MemoryUtilization": np.full(len(minutes), 40.0),
            f"{name}/DiskUtilization": np.full(len(minutes), fleet.disk),
        }
        if fleet.gpu is not None:
            arrays[f"{name}/GPUUtilization"] = np.full(len(minutes), fleet.gpu)
    (folder / "metrics").mkdir(parents=True)
    np.savez(folder / "metrics" / "fraud.npz", **arrays)
    return cloudwatch.operations(Series(Metrics(folder / "metrics")))


def described(production: Fleet, shadow: Fleet, **more: Any) -> list[Operation]:
    """SageMaker that knows one endpoint with these two fleets."""
    both = zip(NAMES, (production, shadow), strict=True)
    fleets = [
        {
            "VariantName": name,
            "ModelName": f"model-of-{name}",
            "InstanceType": fleet.kind,
            "InitialInstanceCount": fleet.count,
            "InitialVariantWeight": 1.0,
        }
        for name, fleet in both
    ]
    about = {
        "EndpointName": "fraud",
        "EndpointArn": "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/fraud",
        "EndpointConfigName": "fraud-config",
        "EndpointStatus": "InService",
        "CreationTime": 1_700_000_000,
        "LastModifiedTime": 1_700_000_000,
    }
    config = {
        "EndpointConfigName": "fraud-config",
        "EndpointConfigArn": "arn:aws:sagemaker:eu-central-1:111122223333:endpoint-config/fraud",
        "ProductionVariants": fleets[:1],
        "ShadowProductionVariants": fleets[1:],
        "CreationTime": 1_700_000_000,
    }
    answers = {
        "ListInferenceExperiments": {"InferenceExperiments": []},
        "ListEndpoints": {
            "Endpoints": [{key: value for key, value in about.items() if "Config" not in key}]
        },
        "DescribeEndpoint": about | more,
        "DescribeEndpointConfig": config,
    }
    return [
        Operation("sagemaker", SAGEMAKER, name, lambda _, answer=answer: answer)
        for name, answer in answers.items()
    ]


def refusing(operation: Operation, code: str = "AccessDeniedException") -> Operation:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("not for you", code=code)

    return replace(operation, answer=answer)


def opened(folder: Path, account: Aws, **test: Any) -> Opened:
    """A test whose captures begin at START and end with END."""
    last = END - timedelta(seconds=1)
    for variant in NAMES:
        lines = [
            line("1", "0.7", at=at, event=f"{variant}{at}", inference=f"r{at}")
            for at in (START, last)
        ]
        capture_file(folder / "captures", lines, variant=variant)
    asked = Test(
        name="t",
        captures=str(folder / "captures"),
        production=NAMES[0],
        shadow=NAMES[1],
        **{"endpoint": "fraud"} | test,
    )
    config = Config(
        tests=(asked,),
        aws=account,
        cache=folder / "cache",
        currency="EUR",
        instances={"ml.m5.xlarge": Instance(price_per_hour=0.5)},
    )
    return open_test(config, asked)


def utilisation(found: Any, metric: str) -> Utilisation:
    return next(each for each in found.resources.utilisations if each.metric == metric)


def test_a_day_of_two_fleets_in_hand_made_numbers(tmp_path: Path, serve: Serve) -> None:
    """What was put into CloudWatch comes out: shares, milliseconds, money, requests, instances."""
    fleets = Fleet(), Fleet(kind="ml.m5.large", count=1, an_hour=300, cpu=85.0)
    found = resources(
        opened(tmp_path, serve([*measured(tmp_path, *fleets), *described(*fleets)])), "all"
    )
    used = found.resources
    assert used is not None
    assert (found.problem, found.machines_problem) == (None, None)
    assert found.source == "CloudWatch /aws/sagemaker/Endpoints and Invocations of fraud"
    assert used.times.window == Window(START, END)
    cpu = utilisation(found, "cpu")
    assert cpu.whole
    # 170 of 400, and 85 of 200
    assert (cpu.mean.production, cpu.mean.shadow) == pytest.approx((0.425, 0.425))
    assert (cpu.production.samples, cpu.shadow.samples) == (2 * 24 * 60, 24 * 60)
    assert used.load.production_requests == 600 * HOURS
    assert used.load.mean.shadow == pytest.approx(300 / 3_600)
    # the same requests an instance
    assert used.load.per_instance == pytest.approx(1)
    assert used.instances.production == pytest.approx(2)
    # 1.7 cores × 2 × 3,600 s ÷ 600
    assert used.cpu_time.each.production == pytest.approx(20_400)
    assert used.cpu_time.each.shadow == pytest.approx(0.85 * 3_600_000 / 300)
    # 0.5 EUR × 2 × 24 h ÷ 14,400 × 1,000; of the other type no price is known
    assert used.per_thousand.each.production == pytest.approx(0.5 * 2 * 24 / 14_400 * 1_000)
    assert not used.hourly.difference.known
    assert [each.metric for each in used.utilisations] == ["cpu", "memory", "disk"]
    assert cpu.mean.difference.n >= 20


def test_a_shadow_that_began_late_is_held_against_the_same_hours(
    tmp_path: Path, serve: Serve
) -> None:
    """The hours before it are nan, never 0, and are left out of what is per request."""
    fleets = Fleet(), Fleet(since=12, gpu=50.0)
    found = resources(
        opened(tmp_path, serve([*measured(tmp_path, *fleets), *described(*fleets)])), "all"
    )
    used = found.resources
    assert used is not None
    memory = utilisation(found, "memory")
    began = np.datetime64(START.replace(tzinfo=None)) + np.timedelta64(12, "h")
    before = used.times.series_start < began
    assert np.isnan(memory.shadow.series_mean[before]).all()
    assert np.isnan(used.shadow_series[before]).all()
    assert np.isfinite(memory.production.series_mean).all()
    # within the blocks of both: that of the beginning counts whole for both
    assert 600 * 11 <= used.cpu_time.shadow_requests <= used.cpu_time.production_requests
    assert used.cpu_time.production_requests < 600 * 14
    # of some eleven blocks, whichever hour it is
    assert used.cpu_time.each.shadow == pytest.approx(used.cpu_time.each.production, rel=0.1)
    # production has no GPU: told of the shadow alone, of one GPU, as the name does not say
    gpu = utilisation(found, "gpu")
    assert not gpu.whole
    assert np.isnan(gpu.mean.production)
    assert gpu.mean.shadow == pytest.approx(0.5)


def test_no_data_are_a_sentence(tmp_path: Path, serve: Serve) -> None:
    """An endpoint that CloudWatch does not know has no resources, not free ones."""
    nothing = cloudwatch.operations(Series(Metrics(tmp_path / "nothing")))
    found = resources(opened(tmp_path, serve([*nothing, *described(Fleet(), Fleet())])), "all")
    assert found.resources is None
    assert found.problem is not None
    assert "no utilisation of the instances of fraud" in found.problem


def test_without_a_region_or_an_endpoint_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each missing setting is a sentence that names it."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    shown = opened(tmp_path, Aws())
    found = resources(shown, "all")
    assert found.resources is None
    assert "set `region` in [aws]" in str(found.problem)
    nameless = replace(shown, test=replace(shown.test, log="/a.jsonl", endpoint=None))
    assert "set `endpoint`" in str(resources(nameless, "all").problem)


def test_a_refused_cloudwatch_is_an_error(tmp_path: Path, serve: Serve) -> None:
    """Without CloudWatch there is nothing: the call and AWS's code are told."""
    fleets = Fleet(), Fleet()
    refused = [refusing(each) for each in measured(tmp_path, *fleets)]
    with pytest.raises(AwsError) as caught:
        resources(opened(tmp_path, serve([*refused, *described(*fleets)])), "all")
    assert (caught.value.call, caught.value.code) == ("GetMetricData", "AccessDeniedException")


@pytest.mark.parametrize("code", ["InternalError", "Forbidden"])
def test_a_metric_refused_inside_an_answer_is_an_error(
    tmp_path: Path, serve: Serve, code: str
) -> None:
    """One metric of sixty that fails must not read as a quiet instance."""
    fleets = Fleet(), Fleet()
    inner, *_ = measured(tmp_path, *fleets)

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        given = inner.answer(asked)
        given["MetricDataResults"][-1] |= {
            "StatusCode": code,
            "Messages": [{"Code": code, "Value": "try later"}],
        }
        return given

    with pytest.raises(AwsError, match="try later") as caught:
        resources(
            opened(tmp_path, serve([replace(inner, answer=answer), *described(*fleets)])), "all"
        )
    assert (caught.value.call, caught.value.code) == ("GetMetricData", code)


def test_a_refused_sagemaker_leaves_the_numbers(tmp_path: Path, serve: Serve) -> None:
    """What needs no instance type stands; the reason is a sentence beside it."""
    fleets = Fleet(), Fleet()
    refused = [refusing(each) for each in described(*fleets)]
    found = resources(opened(tmp_path, serve([*measured(tmp_path, *fleets), *refused])), "all")
    used = found.resources
    assert used is not None
    assert found.machines_problem is not None
    assert "AccessDenied" in found.machines_problem
    assert "DescribeEndpoint" in found.machines_problem
    cpu = utilisation(found, "cpu")
    assert not cpu.whole
    assert cpu.mean.production == pytest.approx(1.7)
    assert used.cpu_time.each.production == pytest.approx(20_400)
    assert not used.per_thousand.each.known
    assert used.production.instance_type is None


def test_an_answer_in_many_pages_is_the_same(tmp_path: Path, serve: Serve) -> None:
    """Paging changes no number."""
    fleets = Fleet(), Fleet(cpu=10.0, since=3)
    inner, *_ = measured(tmp_path, *fleets)
    pages = 0

    def small(asked: dict[str, Any]) -> dict[str, Any]:
        nonlocal pages
        pages += 1
        return inner.answer({**asked, "MaxDatapoints": 700})

    of = machine(Config(tests=()), "ml.m5.xlarge", 2)
    both = [
        read(
            aws.client(serve([operation]), "cloudwatch"),
            endpoint="fraud",
            window=Window(START, END),
            variants=((NAMES[0], of), (NAMES[1], of)),
        )
        for operation in (inner, replace(inner, answer=small))
    ]
    assert pages > 10
    for whole, paged in zip(both[0][1], both[1][1], strict=True):
        assert whole.requests == paged.requests
        np.testing.assert_array_equal(whole.batch_requests, paged.batch_requests)
        np.testing.assert_array_equal(whole.batch_instances, paged.batch_instances)
        for one, other in zip(whole.usages, paged.usages, strict=True):
            assert (one.samples, repr(one.mean)) == (other.samples, repr(other.mean))
            np.testing.assert_array_equal(one.series_mean, other.series_mean)
            np.testing.assert_array_equal(one.series_most, other.series_most)


def test_the_demo_s_means_are_those_of_its_samples(tmp_path: Path, serve: Serve) -> None:
    """Of the demo account, every mean, maximum and count is that of what it holds."""
    account.generate(tmp_path / "account", end=END, scale=0.02)
    folder = tmp_path / "account"
    client = aws.client(
        serve(
            [
                *cloudwatch.operations(Series(Metrics(folder / "metrics"))),
                *sagemaker.operations(folder),
            ]
        ),
        "cloudwatch",
    )
    config = load(folder / "understudy.toml")
    window = Window(END - timedelta(hours=48), END)
    for test in config.tests:
        if test.log is not None:
            continue
        of = machine(config, None, None)
        _, sides = read(
            client,
            endpoint=test.endpoint or "",
            window=window,
            variants=((test.production, of), (test.shadow, of)),
        )
        with np.load(folder / "metrics" / f"{test.endpoint}.npz") as kept:
            for name, side in zip((test.production, test.shadow), sides, strict=True):
                times = kept[f"{name}/time_ms"] / 1_000
                inside = (times >= window.start.timestamp()) & (times < window.end.timestamp())
                assert side.requests == inside.sum()
                sampled = kept[f"{name}/sampled_ms"] / 1_000
                inside = (sampled >= window.start.timestamp()) & (sampled < window.end.timestamp())
                cpu = kept[f"{name}/CPUUtilization"][inside]
                assert side.usage("cpu").samples == inside.sum() > 0
                assert side.usage("cpu").mean == pytest.approx(cpu.mean(), rel=1e-5)
                assert side.usage("cpu").most == pytest.approx(cpu.max())
                assert (side.usage("gpu").samples > 0) == (f"{name}/GPUUtilization" in kept)
                count = kept[f"{name}/instances"]
                there = np.isfinite(side.batch_instances)
                assert side.batch_instances[there] == pytest.approx(float(count))


def test_an_experiment_is_asked_before_the_endpoint(tmp_path: Path, serve: Serve) -> None:
    """An experiment keeps its variants when the endpoint has lost them; the endpoint is not asked.

    Where there is no experiment, the endpoint as it is now is told, or that it has no such variant.
    """
    account.generate(tmp_path / "account", end=END, scale=0.02)
    operations = sagemaker.operations(tmp_path / "account")
    config = load(tmp_path / "account" / "understudy.toml")
    kept = [each for each in operations if each.name == "DescribeInferenceExperiment"]
    found = machines(
        config,
        aws.client(serve(kept), "sagemaker"),
        endpoint="fraud-scores",
        experiment="fraud-scores-shadow",
        names=NAMES,
    )
    assert found.problem is None
    assert (found.production.instance_type, found.production.count) == ("ml.m5.large", 2)
    assert (found.shadow.cores, found.shadow.price_per_hour) == (2, 0.1)
    client = aws.client(serve(operations), "sagemaker")
    routing = machines(
        config,
        client,
        endpoint="ticket-routing",
        experiment=None,
        names=("router-7", "router-9"),
    )
    assert (routing.production.instance_type, routing.production.gpus) == ("ml.g5.xlarge", 1)
    assert routing.shadow.instance_type is None
    assert "router-9 is not known: ticket-routing has no variant" in str(routing.problem)


# vCPUs and GPUs as https://aws.amazon.com/ec2/instance-types/ lists them, and for the newer ones
# INSTANCE_RESOURCES of AWS's own https://github.com/aws/sagemaker-hyperpod-cli.
TYPES = {
    "ml.t2.medium": (2, None),
    "ml.t2.2xlarge": (8, None),
    "ml.m4.10xlarge": (40, None),
    "ml.m5.large": (2, None),
    "ml.m5.xlarge": (4, None),
    "ml.m5d.24xlarge": (96, None),
    "ml.c4.large": (2, None),
    "ml.c4.8xlarge": (36, None),
    "ml.c5.9xlarge": (36, None),
    "ml.c5.18xlarge": (72, None),
    "ml.c6i.32xlarge": (128, None),
    "ml.c7g.16xlarge": (64, None),
    "ml.c8g.medium": (1, None),
    "ml.r7i.48xlarge": (192, None),
    "ml.inf1.6xlarge": (24, None),
    "ml.inf2.8xlarge": (32, None),
    "ml.trn1.32xlarge": (128, None),
    "ml.p2.8xlarge": (32, 8),
    "ml.p2.16xlarge": (64, 16),
    "ml.p3.2xlarge": (8, 1),
    "ml.p3.16xlarge": (64, 8),
    "ml.p4d.24xlarge": (96, 8),
    "ml.p5.4xlarge": (16, 1),
    "ml.p5en.48xlarge": (192, 8),
    "ml.p6-b200.48xlarge": (192, 8),
    "ml.p6e-gb200.36xlarge": (144, 4),
    "ml.g4dn.xlarge": (4, 1),
    "ml.g4dn.12xlarge": (48, 4),
    "ml.g4dn.16xlarge": (64, 1),
    "ml.g5.16xlarge": (64, 1),
    "ml.g5.24xlarge": (96, 4),
    "ml.g5.48xlarge": (192, 8),
    "ml.g6.12xlarge": (48, 4),
    "ml.g6e.8xlarge": (32, 1),
    "ml.g6e.48xlarge": (192, 8),
}


@pytest.mark.parametrize("name", TYPES)
def test_cores_and_gpus_follow_from_the_name(name: str) -> None:
    """AWS's own table, row for row."""
    assert (cores_by_name(name), gpus_by_name(name)) == TYPES[name]


@pytest.mark.parametrize("name", ["ml.c5.metal", "m5.large", "ml.m5", "", "ml.m5.xxlarge", "ml."])
def test_a_name_of_another_pattern_is_not_guessed(name: str) -> None:
    """Nothing is made up of a name that is not read."""
    assert cores_by_name(name) is None
    assert gpus_by_name(name) is None


def test_every_type_that_sagemaker_hosts_has_its_cores() -> None:
    """No type of botocore's list is without a number of cores."""
    from botocore.loaders import Loader

    shapes = Loader().load_service_model("sagemaker", "service-2")["shapes"]
    names = shapes["ProductionVariantInstanceType"]["enum"]
    assert len(names) > 100
    assert [name for name in names if not cores_by_name(name)] == []


def test_the_configuration_overrides_names() -> None:
    """What is stated counts, what is not stated comes from the name, and each says whence."""
    config = Config(
        tests=(),
        instances={
            "ml.g5.12xlarge": Instance(cores=24),
            "ml.new.xlarge": Instance(cores=6, gpus=2, price_per_hour=3.0),
        },
    )
    half = machine(config, "ml.g5.12xlarge", 3)
    assert (half.cores, half.cores_from, half.gpus, half.gpus_from) == (
        *(24, "configuration"),
        *(4, "name"),
    )
    assert half.price_per_hour is None
    assert half.count == 3
    new = machine(config, "ml.new.xlarge", 1)
    assert (new.cores, new.gpus, new.gpus_from, new.price_per_hour) == (6, 2, "configuration", 3.0)
    plain = machine(config, "ml.m5.large", None)
    assert (plain.cores, plain.gpus, plain.gpus_from) == (2, None, "unknown")
    assert machine(config, None, 2).cores_from == "unknown"


def test_more_queries_than_a_call_may_hold_are_split(tmp_path: Path, serve: Serve) -> None:
    """CloudWatch refuses more than 500 at once; of 1,100 each is answered."""
    inner, *_ = measured(tmp_path, Fleet(), Fleet())
    asked: list[int] = []

    def counting(parameters: dict[str, Any]) -> dict[str, Any]:
        asked.append(len(parameters["MetricDataQueries"]))
        return inner.answer(parameters)

    client = aws.client(serve([replace(inner, answer=counting)]), "cloudwatch")
    blocks = Blocks(int(START.timestamp()), 3_600, HOURS)
    queries = [Query(f"nobody-{at}", "Invocations", "Sum", blocks) for at in range(1_099)]
    last = Query(NAMES[0], "Invocations", "Sum", blocks)
    found = ask(client, "fraud", [*queries, last])
    assert sorted(asked, reverse=True) == [500, 500, 100]
    assert len(found) == 1_100
    assert column(found, last).tolist() == [600.0] * HOURS
    assert np.isnan(column(found, queries[7])).all()


def test_a_column_has_a_place_for_every_block() -> None:
    """A value stands where its block is; one outside of all blocks is nowhere."""
    blocks = Blocks(1_000, 60, 3)
    query = Query("a", "m", "Sum", blocks)
    found = {query: {940: 1.0, 1_060: 2.0, 1_180: 3.0}}
    assert column(found, query).tolist() == pytest.approx([np.nan, 2.0, np.nan], nan_ok=True)
    assert starts(blocks).astype(int).tolist() == [1_000, 1_060, 1_120]
    assert starts(blocks).dtype == np.dtype("datetime64[s]")


def live(production: Fleet, shadow: Fleet) -> dict[str, Any]:
    variants = [
        {"VariantName": name, "CurrentWeight": 1.0, "CurrentInstanceCount": fleet.count}
        for name, fleet in zip(NAMES, (production, shadow), strict=True)
    ]
    return {
        "ProductionVariants": variants[:1],
        "ShadowProductionVariants": variants[1:],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": "s3://bucket/fraud",
            "KmsKeyId": "",
        },
    }


@pytest.mark.parametrize(("disk", "warned"), [(74.9, False), (75.0, True), (93.0, True)])
def test_a_disk_three_quarters_full_is_warned_of(
    tmp_path: Path, serve: Serve, disk: float, warned: bool
) -> None:
    """From 75 % on SageMaker may stop capturing: said of the variant, while it runs only."""
    fleets = Fleet(disk=20.0), Fleet(disk=disk)
    operations = [*measured(tmp_path, *fleets), *described(*fleets, **live(*fleets))]
    (found,) = discover(serve(operations), now=END).found
    said = [text for text in found.warnings if "disk" in text]
    assert bool(said) is warned
    if warned:
        assert f"The disk of Shadow-01 was {disk:.0f} % full" in said[0]
        assert len(said) == 1
    stopped = described(*fleets, **live(*fleets) | {"EndpointStatus": "Failed"})
    (idle,) = discover(serve([*operations[:1], *stopped]), now=END).found
    assert not any("disk" in text for text in idle.warnings)


def test_a_disk_is_as_full_as_its_fullest_hour(tmp_path: Path, serve: Serve) -> None:
    """The highest value of any instance within three hours; a variant without data is left out."""
    account = serve(measured(tmp_path, Fleet(disk=31.0), Fleet(disk=62.5)))
    asked = [("fraud", NAMES[0]), ("fraud", NAMES[1]), ("fraud", "gone"), ("other", NAMES[0])]
    assert fullest(account, asked, END) == {
        ("fraud", NAMES[0]): pytest.approx(0.31),
        ("fraud", NAMES[1]): pytest.approx(0.625),
    }
    assert fullest(account, asked, END + timedelta(hours=5)) == {}
    assert fullest(account, [], END) == {}


def test_disks_that_cannot_be_read_are_a_problem_not_empty(tmp_path: Path, serve: Serve) -> None:
    """A refusal inside a successful answer is told of, and hides no test."""
    fleets = Fleet(), Fleet()
    inner, *_ = measured(tmp_path, *fleets)

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        given = inner.answer(asked)
        for each in given["MetricDataResults"]:
            each |= {"StatusCode": "InternalError", "Timestamps": [], "Values": []}
        return given

    operations = [replace(inner, answer=answer), *described(*fleets, **live(*fleets))]
    found = discover(serve(operations), now=END)
    assert len(found.found) == 1
    assert ["InternalError" in problem for problem in found.problems] == [True]
