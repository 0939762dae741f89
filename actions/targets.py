"""What does a test deploy to, by which name, and what runs there now?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.errors import NotDone
from queries.live_generic import read_alias, read_stage
from queries.reading_live import read_live

if TYPE_CHECKING:
    from actions.fingerprints import Clients
    from queries.config import Test
    from queries.live import Live
    from queries.live_generic import LiveAlias, LiveStage


def target_of(test: Test) -> str:
    """The endpoint, the alias or the stage, as the plans on it and the audit name it.

    Raises
    ------
    NotDone
        When the test names none.
    """
    about = test.deployment
    if about.kind == "alias":
        return f"{about.function}:{about.alias}"
    if about.kind == "stage":
        return f"{about.rest_api}/{about.stage}"
    if test.endpoint is None:
        raise NotDone(
            f"{test.name} names no endpoint to deploy to: name its `endpoint` in "
            f"[tests.{test.name}], or an alias or a stage in [tests.{test.name}.deployment]."
        )
    return test.endpoint


def running(test: Test, client_of: Clients) -> Live | LiveAlias | LiveStage:
    """Read it anew.

    Raises
    ------
    NotDone
        When the test names none.
    AwsError
        When AWS refuses to say.
    """
    about = test.deployment
    if about.kind == "alias":
        return read_alias(client_of("lambda"), about.function or "", about.alias or "")
    if about.kind == "stage":
        return read_stage(client_of("apigateway"), about.rest_api or "", about.stage or "")
    return read_live(client_of("sagemaker"), target_of(test))
