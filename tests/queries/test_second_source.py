"""Is the noise floor that of the same requests, and is a source that cannot tell it refused?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.intervals import newcombe_paired, wilson
from analysis.second_source import Fates
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from pages.document.report import as_html
from queries.config import Aws, Comparing, Config, Prediction, Test
from queries.dossier import as_json, collect
from queries.errors import NotComparable, QuestionError, SourceError
from queries.opened import Opened, open_test
from queries.second_source import AgainstSecond, second_source
from tests.queries.capturing import JSON, NOON, capture_file, line
from tests.queries.mirroring import log_file, logged, side

AN_HOUR = 3600


def lines(answers: Sequence[str | None], *, first: float = 0.0) -> Iterator[bytes]:
    """A record a second for every answer, with the id of its place; None is no record."""
    for at, answer in enumerate(answers):
        if answer is not None:
            yield line(f"{at},1", answer, at=first + at, inference=f"r{at}")


def written(
    folder: Path,
    production: Sequence[str | None],
    shadow: Sequence[str | None],
    second: Sequence[str | None],
    *,
    first: float = 0.0,
    variant: str = "AllTraffic",
) -> None:
    """The captures of a test, and those of a second fleet."""
    capture_file(folder / "captures", lines(production))
    capture_file(folder / "captures", lines(shadow), variant="Shadow")
    capture_file(
        folder / "second", lines(second, first=first), variant=variant, endpoint="fraud-again"
    )


def opened(folder: Path, *, aws: Aws | None = None, **about: object) -> Opened:
    named = {
        "captures": str(folder / "captures"),
        "noise_source": str(folder / "second"),
        "prediction": Prediction(kind="binary", column=0),
        **about,
    }
    test = Test(name="t", production="AllTraffic", shadow="Shadow", **named)  # type: ignore[arg-type]
    return open_test(Config(tests=(test,), cache=folder / "cache", aws=aws or Aws()), test)


def asked(folder: Path, window: str = "all", **about: object) -> AgainstSecond:
    return second_source(opened(folder, **about), window)


# twelve requests, as 0.9 or 0.1: production, the shadow, the second fleet
PRODUCTION = ["0.9"] * 8 + ["0.1"] * 4
SHADOW = ["0.1"] * 3 + ["0.9"] * 5 + ["0.1"] * 2 + ["oops", None]
SECOND = ["0.1", "0.9", "0.9", "0.1", "0.9", "0.9", None, "oops", "0.1", "0.1", "0.1", "0.1"]


def test_shares_are_of_the_requests_that_all_three_answered(tmp_path: Path) -> None:
    """Ten pairs can be compared; of one there is no second answer, of one no readable one.

    Of the eight left the second fleet answered r0 and r3 otherwise, the shadow r0, r1 and r2.
    """
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    found = asked(tmp_path)
    floor = found.floor
    assert floor.fates == Fates(compared=8, unanswered=1, other_input=0, unread=1)
    assert (floor.noise.value, floor.disagreement.value) == (2 / 8, 3 / 8)
    assert (floor.noise.low, floor.noise.high) == wilson(2, 8, confidence=0.95)
    ends = newcombe_paired(1, 2, 1, 4, confidence=0.95)
    assert (floor.excess.value, floor.excess.low, floor.excess.high) == (1 / 8, *ends)
    assert found.by_method == (("inference_id", 11),)
    assert (found.variant, found.location) == ("AllTraffic", str(tmp_path / "second"))
    assert "taken from the configuration" in found.model
    assert (found.window.start, found.window.hours) == (NOON, pytest.approx(12 / AN_HOUR))


def test_a_window_and_a_filter_choose_requests(tmp_path: Path) -> None:
    """From the fifth second on, and of the first five inputs only the fifth."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    window = "2024-03-31T12:00:04Z/2024-03-31T12:00:09Z"
    found = asked(tmp_path, window).floor
    assert found.fates == Fates(compared=3, unanswered=1, other_input=0, unread=1)
    inside = second_source(opened(tmp_path).within("f0 < 5"), window).floor
    assert inside.fates == Fates(compared=1, unanswered=0, other_input=0, unread=0)


def test_a_model_that_draws_against_itself_is_all_noise(tmp_path: Path) -> None:
    """Where the shadow is one more fleet of the same model, nothing is beyond noise.

    Each fleet gives its own answer to every third, fourth and fifth request.
    """
    fleets = [["0.1" if at % every == 0 else "0.9" for at in range(600)] for every in (3, 4, 5)]
    written(tmp_path, *fleets)
    floor = asked(tmp_path).floor
    differs = [
        [mine != theirs for mine, theirs in zip(fleets[0], other, strict=True)]
        for other in fleets[1:]
    ]
    assert floor.disagreement.value == sum(differs[0]) / 600
    assert floor.noise.value == sum(differs[1]) / 600
    assert floor.noise.value > 0.3
    assert floor.excess.low < 0 < floor.excess.high
    assert floor.sequence.low <= floor.excess.low


def test_rows_of_one_record_hang_together(tmp_path: Path) -> None:
    """Of forty records of five rows the second fleet and the shadow change some as a whole."""
    for folder, variant, every in (
        ("captures", "AllTraffic", 99),
        ("captures", "Shadow", 4),
        ("second", "AllTraffic", 5),
    ):
        records = [
            line(
                "\n".join(f"{at},{row}" for row in range(5)),
                "\n".join(["0.1" if at % every == 0 else "0.9"] * 5),
                at=at,
                inference=f"r{at}",
            )
            for at in range(1, 41)
        ]
        capture_file(tmp_path / folder, records, variant=variant)
    floor = asked(tmp_path).floor
    assert floor.fates.compared == 200
    assert (floor.noise.value, floor.disagreement.value) == (8 / 40, 10 / 40)
    low, _ = wilson(8, 40, confidence=0.95)
    assert floor.noise.low == pytest.approx(low, abs=0.01)
    assert floor.excess.low < newcombe_paired(10, 40, 30, 120, confidence=0.95)[0]


def test_answers_of_several_parts_are_compared_by_their_rule(tmp_path: Path) -> None:
    """Documents that differ in an ignored field only are the same answer, here as anywhere."""
    for folder, variant, word in (
        ("captures", "AllTraffic", "a"),
        ("captures", "Shadow", "b"),
        ("second", "AllTraffic", "a"),
    ):
        records = [
            line(
                {"q": at},
                {"word": word if at else "z", "trace": f"{folder}{variant}{at}"},
                at=at,
                inference=f"r{at}",
                encodings=JSON,
            )
            for at in range(20)
        ]
        capture_file(tmp_path / folder, records, variant=variant)
    floor = asked(
        tmp_path, prediction=Prediction(kind="json"), compare=Comparing(ignore=("$.trace",))
    ).floor
    assert (floor.noise.value, floor.disagreement.value) == (0.0, 19 / 20)
    assert floor.fates.compared == 20


def test_a_paired_log_has_a_second_source_too(tmp_path: Path) -> None:
    """The captures of a second fleet are found by the id that the proxy wrote."""
    written(tmp_path, ["0.9"], ["0.9"], ["0.1", "0.9", "0.9"])
    log_file(
        tmp_path / "log",
        [logged(side("0.9"), side("0.1"), at=at, asked=f"{at},1", id=f"r{at}") for at in range(3)],
    )
    floor = asked(tmp_path, captures="", log=str(tmp_path / "log")).floor
    assert (floor.noise.value, floor.disagreement.value) == (1 / 3, 1.0)


def refused(folder: Path, **about: object) -> str:
    with pytest.raises(NotComparable) as caught:
        asked(folder, **about)
    return str(caught.value)


def test_a_source_without_such_a_variant_is_refused(tmp_path: Path) -> None:
    """It says which variant there is; named, that one is read."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND, variant="AA")
    said = refused(tmp_path)
    assert "no captures of the variant AllTraffic" in said
    assert "belongs to the variant AA, not to AllTraffic" in said
    assert asked(tmp_path, noise_variant="AA").floor.fates.compared == 8


def test_a_source_that_is_not_there_is_named_by_its_key(tmp_path: Path) -> None:
    """A folder that does not exist is no source without captures."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    with pytest.raises(SourceError, match="correct `noise_source` in"):
        asked(tmp_path, noise_source=str(tmp_path / "elsewhere"))


def test_a_source_of_another_time_is_refused(tmp_path: Path) -> None:
    """Both times are said."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND, first=7 * AN_HOUR)
    said = refused(tmp_path)
    assert (
        "from 2024-03-31 19:00 to 2024-03-31 19:00 UTC, and the test from 2024-03-31 12:00" in said
    )


def test_a_source_of_other_requests_is_refused(tmp_path: Path) -> None:
    """At the same time, but with other ids and inputs: nothing can be paired."""
    written(tmp_path, PRODUCTION, SHADOW, [])
    others = [line(f"{at},7", "0.9", at=at, inference=f"x{at}") for at in range(9)]
    capture_file(tmp_path / "second", others)
    assert "Not one of 12 requests of production was found among the 9" in refused(tmp_path)


@pytest.mark.parametrize("variant", [None, "Shadow"])
def test_the_captures_of_the_test_are_no_second_source(tmp_path: Path, variant: str | None) -> None:
    """Production held against itself, or the shadow against itself, never differs."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    source = str(tmp_path / "captures")
    assert "captures of the test itself" in refused(
        tmp_path, noise_source=source, noise_variant=variant
    )


def test_answers_that_stand_elsewhere_are_refused(tmp_path: Path) -> None:
    """One column more in the output is another output: where the answer stands is to be said."""
    written(tmp_path, PRODUCTION, SHADOW, [])
    longer = [line(f"{at},1", "yes,0.9", at=at, inference=f"r{at}") for at in range(9)]
    capture_file(tmp_path / "second", longer)
    said = refused(tmp_path, prediction=Prediction(kind="binary"))
    assert "read otherwise than production's" in said


def fleets(models: dict[str, str]) -> list[Operation]:
    """SageMaker with endpoints of one variant each, by the model that it runs."""

    def endpoint(asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["EndpointName"]
        if name not in models:
            raise Refusal(f'Could not find endpoint "{name}".', code="ValidationException")
        return {
            "EndpointName": name,
            "EndpointArn": f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{name}",
            "EndpointConfigName": name,
            "EndpointStatus": "InService",
            "CreationTime": NOON.timestamp(),
            "LastModifiedTime": NOON.timestamp(),
        }

    def config(asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["EndpointConfigName"]
        runs = {"VariantName": "AllTraffic", "ModelName": models[name]}
        arn = f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint-config/{name}"
        return {
            "EndpointConfigName": name,
            "EndpointConfigArn": arn,
            "ProductionVariants": [runs],
            "CreationTime": NOON.timestamp(),
        }

    return [
        Operation("sagemaker", "SageMaker", name, answer)
        for name, answer in (("DescribeEndpoint", endpoint), ("DescribeEndpointConfig", config))
    ]


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, str]], Aws]]:
    """Serve SageMaker on this machine; the account to ask it of."""
    servers: list[StandIn] = []

    def start(models: dict[str, str]) -> Aws:
        servers.append(StandIn(application(fleets(models))))
        return Aws(region="eu-central-1", endpoint_url=servers[-1].url)

    yield start
    for server in servers:
        server.stop()


def test_another_model_is_refused_while_the_test_goes_on(
    tmp_path: Path, serve: Callable[[dict[str, str]], Aws]
) -> None:
    """SageMaker says which models run now: of a test that is over it is not asked."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    aws = serve({"fraud": "v7", "fraud-again": "v6"})
    assert "fraud-again runs the model v6, and production runs v7" in refused(tmp_path, aws=aws)
    over = asked(tmp_path, aws=aws, end=NOON + timedelta(minutes=1))
    assert "the test is over" in over.model


def test_the_same_model_is_said_and_an_unknown_one_too(
    tmp_path: Path, serve: Callable[[dict[str, str]], Aws]
) -> None:
    """A fleet that SageMaker does not know is taken at the configuration's word."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    same = asked(tmp_path, aws=serve({"fraud": "v7", "fraud-again": "v7"}))
    assert same.model == "SageMaker says that both run the model v7."
    unknown = asked(tmp_path, aws=serve({"fraud": "v7"}))
    assert "taken from the configuration" in unknown.model
    assert "fraud-again" in unknown.model
    assert unknown.floor == same.floor


def test_a_test_without_a_second_source_says_what_to_add(tmp_path: Path) -> None:
    """The key and the table it belongs to."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    with pytest.raises(QuestionError, match="`noise_source` of"):
        asked(tmp_path, noise_source=None)


def test_what_is_captured_later_is_read(tmp_path: Path) -> None:
    """A source that grows is asked again, and only what is new of it is read."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND[:4])
    shown = opened(tmp_path)
    assert second_source(shown, "all").floor.fates.compared == 4
    more = [line(f"{at},1", "0.9", at=at, inference=f"r{at}") for at in (4, 5)]
    capture_file(tmp_path / "second", more, endpoint="fraud-again", name="00-05-000-0a1b.jsonl")
    assert second_source(shown, "all").floor.fates.compared == 6


def test_the_report_holds_the_second_source(tmp_path: Path) -> None:
    """In the dossier, its JSON and its page; where it cannot tell, a sentence is in its place."""
    written(tmp_path, PRODUCTION, SHADOW, SECOND)
    shown = opened(tmp_path)
    held = collect(shown, "all")
    assert held.second_source == second_source(shown, "all")
    told = json.loads(as_json(held))["second_source"]
    assert told["floor"]["noise"]["value"] == 2 / 8
    assert told["floor"]["fates"]["compared"] == 8
    page = as_html(held)
    assert "Noise floor. By a second source. Of 8 requests that all three answered" in page
    assert "Second source against production" in page
    assert "By repeated inputs. No input of this window came twice" in page
    none = collect(opened(tmp_path, noise_variant="AA"), "all")
    assert "no captures of the variant AA" in str(none.second_source)
    assert "By a second source: not known." in as_html(none)
    assert collect(opened(tmp_path, noise_source=None), "all").second_source is None
