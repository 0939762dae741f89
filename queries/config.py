"""What is to be compared, where do its captures lie, and by which limits is it judged?

The answer is ``understudy.toml`` (or the file that ``UNDERSTUDY_CONFIG`` names). Its keys are the
fields below: ``[aws]``, ``[tests.NAME]`` with its tables ``prediction``, ``compare`` and ``truth``,
``[policy.NAME]``, ``[instances."ml.…"]`` and, at the top, ``cache`` and ``currency``. It never
holds a secret.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from analysis.policy import Policy, PredictionKind
from queries.errors import ConfigError

FILE_NAME = "understudy.toml"

Kind = PredictionKind

TABLES_OF_A_TEST = ("prediction", "compare", "truth")
"""Keys of a test that are tables of their own."""


def default_cache() -> Path:
    """Where read captures are kept unless ``cache`` says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "understudy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """Which account is asked; ``None`` leaves it to the environment, as the AWS CLI does.

    ``role_arn`` is a role to take on for every call, such as one of the account that holds the
    captures; ``external_id`` what its trust policy asks for; ``requester_pays`` agrees to pay for
    reading buckets whose owner does not.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    requester_pays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What AWS's answers do not say of an instance type: its price, its vCPUs and its GPUs."""

    price_per_hour: float | None = None
    cores: int | None = None
    gpus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How a prediction is read from a captured output; ``None`` is guessed, and the guess shown.

    ``column`` counts from 0 and may count from the end (-1); ``path`` is a JSONPath such as
    ``$.predictions[*].score``; ``argmax`` takes the place of the largest number of a vector for
    the label, named by ``labels``; at ``threshold`` or above a binary score is the label 1.
    """

    kind: Kind | None = None
    column: int | None = None
    path: str | None = None
    argmax: bool | None = None
    threshold: float = 0.5
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """When two answers of several parts count as the same.

    ``ignore`` are JSON paths that are left out (``$.request_id``); rankings agree when at least
    ``min_overlap`` of their first ``top_k`` items are common; texts when their similarity is at
    least ``min_similarity``. ``embeddings`` is a folder with a model2vec model, for one measure
    more. Numbers agree within the policy's ``tolerance``.
    """

    ignore: tuple[str, ...] = ()
    top_k: int = 10
    min_overlap: float = 0.8
    min_similarity: float = 0.9
    embeddings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Where the right answers lie, and which columns of a table hold id, label and time.

    ``location`` is a folder, a file or an ``s3://`` address; the columns are guessed where not
    stated; ``positive`` is the label that precision and recall are about (binary: 1).
    """

    location: str
    id: str | None = None
    label: str | None = None
    time: str | None = None
    positive: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One shadow test: two variants of an endpoint and where their captures lie.

    ``captures`` (or ``log``, whose lines hold both answers), ``baseline`` and ``violations`` are
    an ``s3://`` address or an absolute path; ``start`` and ``end`` are aware UTC, ``None`` for all
    there is; the percentages are 0 to 100, ``None`` where not stated. What the file leaves empty
    is filled in from SageMaker where ``endpoint`` or ``experiment`` is named.
    """

    # keeps pytest from taking the class for a test case
    __test__ = False

    name: str
    captures: str = ""
    log: str | None = None
    production: str = ""
    shadow: str = ""
    endpoint: str | None = None
    experiment: str | None = None
    engine: Literal["duckdb"] = "duckdb"
    start: datetime | None = None
    end: datetime | None = None
    prediction: Prediction = Prediction()
    compare: Comparing = Comparing()
    truth: Truth | None = None
    features: tuple[str, ...] | None = None
    baseline: str | None = None
    violations: str | None = None
    capture_percent: float | None = None
    shadow_percent: float | None = None
    policy: str = "default"
    description: str = ""

    @property
    def source(self) -> str:
        """Where what is read lies: captures, or a paired log."""
        return self.log or self.captures

    @property
    def complete(self) -> bool:
        """Whether the test can be opened as it stands."""
        return bool(self.source and self.production and self.shadow)


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the configuration as it is in force, for the screen."""

    key: str
    value: str
    origin: Literal["default", "set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything ``understudy.toml`` says, with the defaults of what it does not say.

    ``stated`` holds the dotted keys that the file sets; every other key is a default.
    """

    tests: tuple[Test, ...]
    aws: Aws = Aws()
    policies: tuple[Policy, ...] = ()
    instances: Mapping[str, Instance] = field(default_factory=dict)
    currency: str = "USD"
    demo: bool = False
    path: Path | None = None
    cache: Path = field(default_factory=default_cache)
    stated: frozenset[str] = frozenset()

    def test(self, name: str | None = None) -> Test:
        """The test of that name, or the first.

        Raises
        ------
        ConfigError
            When there is no such test; the sentence names those there are.
        """
        if name is None and self.tests:
            return self.tests[0]
        for test in self.tests:
            if test.name == name:
                return test
        raise ConfigError(self._unknown_test(name))

    def says_all_of(self, name: str | None = None) -> bool:
        """Whether a test of that name (or the first) can be opened without asking SageMaker."""
        return any(test.complete for test in self.tests if name in (None, test.name))

    def policy(self, test: Test) -> Policy:
        """The limits a test is judged by.

        Raises
        ------
        ConfigError
            When the test names a policy that the configuration does not hold.
        """
        for policy in self.policies:
            if policy.name == test.policy:
                return policy
        if test.policy == "default":
            return Policy()
        raise ConfigError(
            f"The test {test.name} names the policy {test.policy!r}, which is not there; "
            f"add [policy.{test.policy}] or leave `policy` out for the default limits."
        )

    def shown_defaults(self, test: Test) -> tuple[Setting, ...]:
        """Every setting in force for a test and whether the file set it, in the file's order."""
        policy = self.policy(test)
        tables: list[tuple[str, object]] = [
            (f"tests.{test.name}", test),
            (f"tests.{test.name}.prediction", test.prediction),
            (f"tests.{test.name}.compare", test.compare),
            *([(f"tests.{test.name}.truth", test.truth)] if test.truth else []),
            (f"policy.{policy.name}", policy),
            ("aws", self.aws),
        ]
        settings = [
            self._setting(f"{table}.{key.name}", getattr(holder, key.name))
            for table, holder in tables
            for key in dataclasses.fields(holder)  # type: ignore[arg-type] # all are dataclasses
            if key.name not in ("name", *TABLES_OF_A_TEST)
        ]
        instances = [
            self._setting(f"instances.{name}.{key.name}", getattr(instance, key.name))
            for name, instance in self.instances.items()
            for key in dataclasses.fields(instance)
        ]
        tail = [self._setting(key, getattr(self, key)) for key in ("currency", "cache")]
        return (*settings, *instances, *tail)

    def _setting(self, key: str, value: object) -> Setting:
        return Setting(key, _shown(key, value), "set" if key in self.stated else "default")

    def _unknown_test(self, name: str | None) -> str:
        where = str(self.path) if self.path else "the demo account"
        names = [test.name for test in self.tests]
        if not names:
            return f"{where} names no test; add [tests.NAME] with captures, production and shadow."
        near = difflib.get_close_matches(name or "", names, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        return f"{where} has no test {name!r}.{meant} Its tests are: {', '.join(names)}."


def find() -> Path | None:
    """The configuration file to load: ``UNDERSTUDY_CONFIG``, else ``./understudy.toml`` if there.

    A path from the environment is returned even when nothing lies there, so that a typing error
    is told instead of the demo account being shown.
    """
    named = os.environ.get("UNDERSTUDY_CONFIG")
    if named:
        return Path(named).expanduser()
    here = Path(FILE_NAME)
    return here if here.exists() else None


def load(path: Path | None = None) -> Config:
    """The configuration of a file, by default the one that ``find`` finds.

    Raises
    ------
    ConfigError
        One error listing every fault as a sentence of its own: file, key, what was found, what
        is expected.
    """
    chosen = path or find()
    if chosen is None:
        raise ConfigError(
            f"There is no {FILE_NAME} in {Path.cwd()}; write one, or name it in UNDERSTUDY_CONFIG."
        )
    # pydantic takes longer to import than all else here, and the demo account needs none of it
    from queries.config_file import parse

    return parse(chosen)


def _shown(key: str, value: object) -> str:
    if value is None:
        return _ABSENT.get(key.rsplit(".", 1)[1], "none")
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "none"
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
    "region": "from the environment",
    "profile": "from the environment",
    "endpoint_url": "from the environment",
}
