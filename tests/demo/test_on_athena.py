"""The demo account's tests can be answered by the stand-in's Athena."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from actions.athena import setup
from demo import account, on_athena, standin
from queries import config
from queries.aws import client


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> config.Config:
    """A reduced account as UNDERSTUDY_DEMO_ENGINE=athena shows it."""
    folder = tmp_path_factory.mktemp("demo") / "account"
    account.generate(folder, end=datetime(2026, 3, 31, 17, tzinfo=UTC), scale=0.02)
    loaded = on_athena.moved(config.load(folder / "understudy.toml"))
    aws = replace(loaded.aws, endpoint_url=standin.start(folder))
    return replace(loaded, demo=True, aws=aws, cache=folder / "cache")


def test_what_athena_cannot_answer_stays_here(moved: config.Config) -> None:
    """Four tests ask Athena; the paired log with texts does not."""
    assert {each.name: each.engine for each in moved.tests} == {
        "fraud-scores": "athena",
        "ticket-routing": "athena",
        "delivery-minutes": "athena",
        "support-replies": "duckdb",
        "fraud-compact": "athena",
    }


def test_what_came_of_the_answers_is_asked_of_athena_too(moved: config.Config) -> None:
    """Labels and outcomes of the payments stay named when their captures lie in S3."""
    payments = moved.test("fraud-scores")
    assert payments.truth is not None
    assert payments.outcomes is not None
    assert payments.outcomes.columns == ("settled", "revenue_eur")


def test_the_tables_can_be_made(moved: config.Config) -> None:
    """The captures are found in the stand-in's S3, and Athena takes every statement of setup."""
    test = moved.test("ticket-routing")
    setup.carry_out(moved, setup.plan(moved, test))
    glue = client(moved.aws, "glue")
    tables = glue.get_tables(DatabaseName=moved.athena.database)["TableList"]
    names = {each["Name"] for each in tables}
    assert {"ticket_routing_captures", "ticket_routing_rows", "ticket_routing_pairs"} <= names


def test_the_models_data_are_still_found(moved: config.Config) -> None:
    """S3 has buckets now, and HeadObject still knows where the models' data lie."""
    described = client(moved.aws, "sagemaker").list_models()["Models"][0]["ModelName"]
    model = client(moved.aws, "sagemaker").describe_model(ModelName=described)
    container = model.get("PrimaryContainer") or model["Containers"][0]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    assert client(moved.aws, "s3").head_object(Bucket=bucket, Key=key)["ContentType"]
