"""Which keys may ``[actions]``, ``[notify]`` and ``[tests.NAME.deployment]`` hold, and values?"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from queries.config_actions import IN_WORDS, Action, Day, Role
from queries.config_values import Location, Moment, Name, RoleArn, Share, Table, Text


def _instance_type(value: str) -> str:
    if not re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", value):
        raise ValueError("an instance type is expected, such as ml.m5.xlarge")
    return value


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise ValueError("the name of an HTTP header is expected, such as X-Forwarded-Email")
    return value


def _topic(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}", value):
        raise ValueError(
            "an SNS topic is expected, such as arn:aws:sns:eu-central-1:123456789012:ml"
        )
    return value


def _kept_under(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(
            "the name of an environment variable or of a key in .streamlit/secrets.toml is "
            "expected, such as WEBHOOK_URL; what is kept there is a secret"
        )
    return value


Header = Annotated[str, AfterValidator(_header)]
KeptUnder = Annotated[str, AfterValidator(_kept_under)]
Wait = Annotated[int, Field(ge=0, le=3600)]
Names = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
"""Not strict, for TOML has arrays and no tuples."""


class WindowTable(Table):
    """Keys of ``[[actions.windows]]``."""

    days: Annotated[tuple[Day, ...], Field(strict=False, min_length=1)] = (
        *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    )
    start: time = time(0)
    end: time = time(0)


class FreezeTable(Table):
    """Keys of ``[[actions.freeze]]``."""

    start: Moment
    end: Moment
    reason: Text

    @model_validator(mode="after")
    def _one_after_the_other(self) -> FreezeTable:
        if self.end <= self.start:
            raise ValueError("`end` is not after `start`: exchange or correct them")
        return self


class ProxyHeadersTable(Table):
    """Keys of ``[actions.trusted_proxy_headers]``."""

    name: Header
    groups: Header | None = None
    secret: KeptUnder | None = None


class NotifyTable(Table):
    """Keys of ``[notify]``."""

    topic_arn: Annotated[str, AfterValidator(_topic)] | None = None
    webhook: KeptUnder | None = None


class ActionsTable(Table):
    """Keys of ``[actions]``."""

    allow: Annotated[tuple[Action, ...], Field(strict=False)] = ()
    operators: Names = ()
    approvers: Names = ()
    groups: dict[Text, Role] = Field(default_factory=dict)
    groups_claim: Text = "groups"
    four_eyes: bool = False
    max_sign_in_age_min: Annotated[int, Field(ge=1, le=1440)] = 15
    without_sign_in: Literal[IN_WORDS] | None = None  # type: ignore[valid-type] # one spelling
    trusted_proxy_headers: ProxyHeadersTable | None = None
    windows: Annotated[tuple[WindowTable, ...], Field(strict=False)] = ()
    freeze: Annotated[tuple[FreezeTable, ...], Field(strict=False)] = ()
    role_arn: RoleArn | None = None
    audit: Location = "understudy-audit"
    link: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None

    @model_validator(mode="after")
    def _four_eyes_are_of_two_known_people(self) -> ActionsTable:
        approving = self.approvers or "approver" in self.groups.values()
        if self.four_eyes and not approving:
            raise ValueError(
                "`four_eyes` needs somebody who approves: add `approvers`, or a group with that "
                "role in [actions.groups]"
            )
        return self


class DeploymentTable(Table):
    """Keys of ``[tests.NAME.deployment]``."""

    kind: Literal["endpoint", "alias", "stage"] = "endpoint"
    strategy: Literal["all_at_once", "canary", "linear", "rolling"] | None = None
    percent: Annotated[int, Field(ge=5, le=50)] = 30
    wait_s: Wait = 600
    bake_s: Wait = 600
    timeout_s: Annotated[int, Field(ge=600, le=28800)] | None = None
    alarms: Annotated[tuple[Text, ...], Field(strict=False, max_length=10)] = ()
    guard_5xx: Share = 0.01
    guard_latency_ms: Annotated[float, Field(gt=0)] | None = None
    instances: Literal["production", "shadow", "custom"] = "production"
    instance_type: Annotated[str, AfterValidator(_instance_type)] | None = None
    instance_count: Annotated[int, Field(ge=1)] | None = None
    rehearse: Annotated[int, Field(ge=1, le=1000)] = 50
    rehearse_least: Share = 0.95
    function: Text | None = None
    alias: Text | None = None
    version: Annotated[str, Field(pattern=r"^\d+$")] | None = None
    rest_api: Name | None = None
    stage: Text | None = None

    @model_validator(mode="after")
    def _what_each_kind_needs(self) -> DeploymentTable:
        needed = {"alias": ("function", "alias"), "stage": ("rest_api", "stage"), "endpoint": ()}
        missing = [key for key in needed[self.kind] if getattr(self, key) is None]
        if missing:
            raise ValueError(f"kind {self.kind!r} needs `{'` and `'.join(missing)}`: add them")
        if self.strategy == "linear" and self.percent < 10:
            raise ValueError("a linear step is 10 to 50 % of the instances: raise `percent`")
        custom = self.instance_type is not None or self.instance_count is not None
        if custom != (self.instances == "custom"):
            raise ValueError(
                "`instance_type` and `instance_count` belong to `instances` = 'custom': add them "
                "together"
            )
        return self
