"""What is to be compared, where do its captures lie, and by which limits is it judged?

The answer is ``understudy.toml`` (or the file that ``UNDERSTUDY_CONFIG`` names). Its keys are the
fields below: ``[aws]``, ``[tests.NAME]``, ``[tests.NAME.prediction]``, ``[policy.NAME]`` and, at
the top, ``cache``. It never holds a secret.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from analysis.policy import Policy
from queries.errors import ConfigError

FILE_NAME = "understudy.toml"

Kind = Literal["binary", "multiclass", "regression"]


def default_cache() -> Path:
    """Where read captures are kept unless ``cache`` says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "understudy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """Which account is asked; ``None`` leaves it to the environment, as the AWS CLI does."""

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None


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
class Test:
    """One shadow test: two variants of an endpoint and where their captures lie.

    ``captures`` and ``baseline`` are an ``s3://`` address or an absolute path; ``start`` and
    ``end`` are aware UTC, ``None`` for all there is; the percentages are 0 to 100, ``None`` where
    not stated.
    """

    # keeps pytest from taking the class for a test case
    __test__ = False

    name: str
    captures: str
    production: str
    shadow: str
    endpoint: str | None = None
    engine: Literal["duckdb"] = "duckdb"
    start: datetime | None = None
    end: datetime | None = None
    prediction: Prediction = Prediction()
    features: tuple[str, ...] | None = None
    baseline: str | None = None
    capture_percent: float | None = None
    shadow_percent: float | None = None
    policy: str = "default"
    description: str = ""


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
            (f"policy.{policy.name}", policy),
            ("aws", self.aws),
        ]
        settings = [
            self._setting(f"{table}.{key.name}", getattr(holder, key.name))
            for table, holder in tables
            for key in dataclasses.fields(holder)  # type: ignore[arg-type] # all are dataclasses
            if key.name not in ("name", "prediction")
        ]
        return (*settings, self._setting("cache", self.cache))

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
    "capture_percent": "not known",
    "shadow_percent": "not known",
    "region": "from the environment",
    "profile": "from the environment",
    "endpoint_url": "from the environment",
}
