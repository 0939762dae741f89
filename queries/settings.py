"""Which settings are in force for a test, and which of them does the configuration set?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from queries.config import TABLES_OF_A_TEST

if TYPE_CHECKING:
    from queries.config import Config, Test


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the configuration as it is in force, for the screen."""

    key: str
    value: str
    origin: Literal["default", "set"]


def settings_in_force(config: Config, test: Test) -> tuple[Setting, ...]:
    """Every setting in force for a test and whether the file set it, in the file's order.

    Of trials, those of the test; of rules, what is set: their defaults are the rules' own.
    """
    policy = config.policy(test)
    trained = (test.training.production, test.training.shadow)
    tables: list[tuple[str, object]] = [
        (f"tests.{test.name}", test),
        (f"tests.{test.name}.prediction", test.prediction),
        (f"tests.{test.name}.compare", test.compare),
        *([(f"tests.{test.name}.truth", test.truth)] if test.truth else []),
        *([(f"tests.{test.name}.outcomes", test.outcomes)] if test.outcomes else []),
        (f"tests.{test.name}.training", test.training),
        (f"tests.{test.name}.deployment", test.deployment),
        (f"policy.{policy.name}", policy),
        *((f"trials.{each.name}", each) for each in config.trials if each.name in trained),
        *((f"custom_rules.{each.name}", each) for each in config.custom_rules),
        ("aws", config.aws),
        *([("athena", config.athena)] if test.engine == "athena" else []),
        ("actions", config.actions),
        ("notify", config.notify),
        *((f"instances.{name}", instance) for name, instance in config.instances.items()),
    ]
    settings = [
        (f"{table}.{key.name}", getattr(holder, key.name))
        for table, holder in tables
        for key in dataclasses.fields(holder)  # type: ignore[arg-type] # all are dataclasses
        if key.name not in ("name", *TABLES_OF_A_TEST)
    ]
    rules = [
        (f"rules.{rule}.{key}", value)
        for rule, given in config.rules.items()
        for key, value in given.items()
    ]
    tail = [(key, getattr(config, key)) for key in ("currency", "cache")]
    return tuple(
        Setting(key, _shown(key, value), "set" if key in config.stated else "default")
        for key, value in (*settings, *rules, *tail)
    )


def _shown(key: str, value: object) -> str:
    if value is None:
        return _ABSENT.get(key.rsplit(".", 1)[1], "none")
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {each}" for name, each in value.items()) or "none"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


_ABSENT = {
    "kind": "guessed from the captures",
    "column": "guessed from the captures",
    "path": "guessed from the captures",
    "argmax": "guessed from the captures",
    "labels": "as they appear in the captures",
    "cluster": "none: requests are taken to be independent",
    "noise_source": "none: noise is told by repeated inputs",
    "noise_variant": "as production",
    "features": "from the baseline or the captures",
    "start": "the first capture",
    "end": "the last capture",
    "endpoint": "any under captures",
    "role_arn": "none: the environment's own",
    "id": "guessed from the file",
    "label": "guessed from the file",
    "time": "guessed from the file",
    "positive": "1",
    "price_per_hour": "not known",
    "cores": "by the size in the name",
    "gpus": "not known",
    "capture_percent": "not known",
    "shadow_percent": "not known",
    "output": "as the workgroup says",
    "region": "from the environment",
    "profile": "from the environment",
    "endpoint_url": "from the environment",
    "location": "from the training job",
    "job": "none",
    "profiler": "from the training job",
    "strategy": "a canary, or all at once where one instance runs",
    "timeout_s": "half an hour more than the waits",
    "without_sign_in": "nobody acts who is not signed in",
}
