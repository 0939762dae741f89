"""What may be changed in AWS from here, by whom and when, and how is a shadow deployed?

The answer is ``[actions]``, ``[notify]`` and ``[tests.NAME.deployment]`` of ``understudy.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

Action = Literal[
    "promote",
    "rollback",
    "abort",
    "repair",
    "complete_experiment",
    "cancel_experiment",
    "resample",
    "extend_experiment",
    "start_shadow",
    "blue_green",
    "remove_green",
    "remove_alarms",
    "shift_weights",
    "promote_alias",
    "promote_stage",
    "stop_training",
    "publish",
]
"""What may be done."""

Role = Literal["viewer", "operator", "approver"]
"""Who may look, who may act, and who may also let another's request through: each also the former.
"""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

IN_WORDS = "anyone who reaches this page may act"
"""What ``without_sign_in`` must say, to the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When it is allowed to deploy: on these days, from ``start`` until before ``end``, UTC.

    Where ``end`` is not after ``start`` it is meant of the next day.
    """

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    start: time = time(0)
    end: time = time(0)

    def __str__(self) -> str:
        """Such as ``mon, tue 09:00-16:00 UTC``."""
        return f"{', '.join(self.days)} {self.start:%H:%M}–{self.end:%H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """When nothing is deployed, aware UTC, ``end`` excluded, and why."""

    start: datetime
    end: datetime
    reason: str

    def __str__(self) -> str:
        """Such as ``2026-12-20 00:00 to 2027-01-02 00:00 UTC: holidays``."""
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyHeaders:
    """In which headers a proxy says who is there: the name and, separated by commas, the groups.

    ``secret`` is the name under which that is kept, in the environment or in
    ``.streamlit/secrets.toml``, by which the proxy shows itself to be the one that is trusted.
    """

    name: str
    groups: str | None = None
    secret: str | None = None

    def __str__(self) -> str:
        """Such as ``X-Forwarded-Email, X-Forwarded-Groups``."""
        return ", ".join(filter(None, (self.name, self.groups)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What may be changed in AWS from here: nothing, unless ``allow`` names it.

    ``operators`` and ``approvers`` are names as people sign in, ``groups`` the role of each value
    of the claim ``groups_claim``; who is in none of them may look. ``role_arn`` is a role to take
    on for the change alone, None for the one that reads; ``audit`` the folder or ``s3://`` address
    in which every change is written down; ``link`` the address under which others reach this page.
    """

    allow: tuple[Action, ...] = ()
    operators: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    groups: Mapping[str, Role] = field(default_factory=dict)
    groups_claim: str = "groups"
    four_eyes: bool = False
    max_sign_in_age_min: int = 15
    without_sign_in: str | None = None
    trusted_proxy_headers: ProxyHeaders | None = None
    windows: tuple[Window, ...] = ()
    freeze: tuple[Freeze, ...] = ()
    role_arn: str | None = None
    audit: str = "understudy-audit"
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who else is told when something is asked for, begun, done or has failed: nobody, by default.

    ``topic_arn`` is an SNS topic; ``webhook`` the name under which the address of a webhook is
    kept, in the environment or in ``.streamlit/secrets.toml``: the address itself is a secret.
    """

    topic_arn: str | None = None
    webhook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How a test's shadow takes production's place; the page proposes it, and a person may differ.

    ``strategy`` None is a canary where at least two instances run, else all at once. ``percent``
    is the share of the instances in a canary, a step or a batch; ``wait_s`` the seconds after each
    of them, ``bake_s`` those on the whole new fleet before the old one is ended; ``timeout_s`` None
    is what the waits need and half an hour. ``alarms`` are those that roll the update back, beside
    the guard alarms on the new fleet: ``guard_5xx`` is the most of its answers, 0 to 1, that may be
    5XX, ``guard_latency_ms`` its highest p99 of ModelLatency, None for no such alarm. Before
    traffic moves to a green endpoint, ``rehearse`` captured requests are sent to it, of which the
    share ``rehearse_least`` must be answered as production answered.

    ``kind`` says what is deployed: a SageMaker ``endpoint``, a Lambda ``alias`` of ``function`` (to
    its ``version``) or an API Gateway ``stage`` of ``rest_api``.
    """

    kind: Literal["endpoint", "alias", "stage"] = "endpoint"
    strategy: Literal["all_at_once", "canary", "linear", "rolling"] | None = None
    percent: int = 30
    wait_s: int = 600
    bake_s: int = 600
    timeout_s: int | None = None
    alarms: tuple[str, ...] = ()
    guard_5xx: float = 0.01
    guard_latency_ms: float | None = None
    instances: Literal["production", "shadow", "custom"] = "production"
    instance_type: str | None = None
    instance_count: int | None = None
    rehearse: int = 50
    rehearse_least: float = 0.95
    function: str | None = None
    alias: str | None = None
    version: str | None = None
    rest_api: str | None = None
    stage: str | None = None
