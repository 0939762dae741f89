"""How is a promotion wished for at a terminal, and what is left as configured?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from queries.config_actions import Deployment

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}


class Percent(click.ParamType):
    """A share such as ``10%``."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The whole number of per cent."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,3})\s*%?", value.strip())
        if found is None or not 1 <= int(found[1]) <= 100:
            self.fail(f"{value!r} is no share such as 10%.", param, ctx)
        return int(found[1])


class Duration(click.ParamType):
    """A time such as ``90s``, ``10m`` or ``1h``; a bare number is seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Whole seconds."""
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(value.strip())
        if found is None:
            self.fail(f"{value!r} is no time such as 90s, 10m or 1h.", param, ctx)
        return round(float(found[1]) * _SECONDS[found[2]])


WAYS = {"config": "config", "blue-green": "blue_green", "experiment": "experiment"}
"""What ``--how`` may say, and the way that it means."""


def _way(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    return None if value is None else WAYS[value]


_OPTIONS = (
    click.option(
        "--how",
        "way",
        type=click.Choice(list(WAYS)),
        callback=_way,
        help="By a new config (default), one that is rehearsed on a green endpoint first, or by "
        "completing the inference experiment.",
    ),
    click.option("--all-at-once", is_flag=True, help="Move all traffic in one step."),
    click.option("--canary", type=Percent(), help="Move this share of the instances first: 10%."),
    click.option("--linear", type=Percent(), help="Move this share of the instances at a time."),
    click.option(
        "--rolling", type=Percent(), help="Replace this share of the instances at a time."
    ),
    click.option(
        "--step-wait", "wait_s", type=Duration(), help="After each step but the last: 10m."
    ),
    click.option("--bake", "bake_s", type=Duration(), help="Before the old fleet ends: 10m."),
    click.option("--alarm", "alarms", multiple=True, help="Roll back when it fires; repeatable."),
    click.option(
        "--instances",
        help="production, shadow, or a type and a number: ml.m5.large*4.",
    ),
    click.option("--version", help="Of a Lambda alias: the version that takes it over."),
    click.option(
        "--share",
        "percent",
        type=Percent(),
        help="Of an alias or a stage: how much of the requests what was tested is sent.",
    ),
)

# The options of a promotion that each kind of target knows, by their parameters.
_OF_ENDPOINTS = {
    "way": "--how",
    "all_at_once": "--all-at-once",
    "canary": "--canary",
    "linear": "--linear",
    "rolling": "--rolling",
    "wait_s": "--step-wait",
    "bake_s": "--bake",
    "alarms": "--alarm",
    "instances": "--instances",
}
_KNOWN = {
    "endpoint": _OF_ENDPOINTS,
    "alias": {"version": "--version", "percent": "--share"},
    "stage": {"percent": "--share"},
}
_KINDS = {"endpoint": "an endpoint", "alias": "an alias", "stage": "a stage"}
_BY_AWS = {name for name in _OF_ENDPOINTS if name not in ("way", "instances")}


def promotion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a promotion goes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def unfit(kind: Literal["endpoint", "alias", "stage"], wish: Mapping[str, Any]) -> None:
    """Refuse what was asked for and does not exist for this kind of target, or in this way.

    Raises
    ------
    click.UsageError
    """
    names = {name: option for known in _KNOWN.values() for name, option in known.items()}
    asked = [n for n, each in wish.items() if not (each is None or each is False or each == ())]
    wrong = [names[name] for name in asked if name not in _KNOWN[kind]]
    if wrong:
        raise click.UsageError(
            f"This test deploys to {_KINDS[kind]}: leave out {', '.join(wrong)}."
        )
    fixed = [names[name] for name in asked if name in _BY_AWS]
    if wish["way"] == "experiment" and fixed:
        raise click.UsageError(
            "SageMaker completes an experiment all at once and without alarms: "
            f"leave out {', '.join(fixed)}."
        )


def wished(
    proposed: Deployment,
    *,
    all_at_once: bool,
    canary: int | None,
    linear: int | None,
    rolling: int | None,
    wait_s: int | None,
    bake_s: int | None,
    alarms: tuple[str, ...],
    instances: str | None,
) -> Deployment:
    """The configured deployment with what was asked for at the terminal in its place."""
    sizes = {"canary": canary, "linear": linear, "rolling": rolling}
    asked: dict[str, Any] = {name: size for name, size in sizes.items() if size is not None}
    if len(asked) + all_at_once > 1:
        raise click.UsageError("Choose one of --all-at-once, --canary, --linear and --rolling.")
    wish: dict[str, Any] = {}
    if all_at_once:
        wish["strategy"] = "all_at_once"
    for name, size in asked.items():
        wish |= {"strategy": name, "percent": size}
    if wait_s is not None:
        wish["wait_s"] = wait_s
    if bake_s is not None:
        wish["bake_s"] = bake_s
    if alarms:
        wish["alarms"] = alarms
    if instances is not None:
        wish |= _instances(instances)
    return replace(proposed, **wish)


def _instances(text: str) -> dict[str, Any]:
    if text in ("production", "shadow"):
        return {"instances": text}
    found = re.fullmatch(r"(ml\.[a-z0-9.-]+)\*([1-9]\d*)", text)
    if found is None:
        raise click.UsageError(
            f"--instances {text!r} is none of production, shadow and TYPE*NUMBER (ml.m5.large*4)."
        )
    return {
        "instances": "custom",
        "instance_type": found[1],
        "instance_count": int(found[2]),
    }
