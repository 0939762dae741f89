"""What is to be compared, where do its captures lie, and by which limits is it judged?

The answer is ``understudy.toml`` (or the file that ``UNDERSTUDY_CONFIG`` names). Its keys are the
fields below: ``[aws]``, ``[athena]``, ``[prices]``, ``[actions]``, ``[notify]``, ``[tests.NAME]``
with its tables ``prediction``, ``compare``, ``truth``, ``outcomes``, ``training`` and
``deployment``,
``[policy.NAME]``, ``[trials.NAME]``, ``[rules.NAME]``, ``[custom_rules.NAME]``,
``[instances."ml.…"]`` and, at the top, ``cache`` and ``currency``. It never holds a secret.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analysis.policy import Policy, PredictionKind
from queries.config_actions import Actions, Deployment, Notify
from queries.config_athena import Athena
from queries.config_prices import Prices
from queries.config_truth import Outcomes, Truth
from queries.errors import ConfigError

if TYPE_CHECKING:
    from analysis.training.findings import Setting

FILE_NAME = "understudy.toml"

Kind = PredictionKind

TABLES_OF_A_TEST = ("prediction", "compare", "truth", "outcomes", "training", "deployment")
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
class Training:
    """The names of the trials, under ``[trials]``, that recorded how a test's models were trained.

    ``None`` is looked for at the job that made the variant's model, where SageMaker can be asked.
    """

    production: str | None = None
    shadow: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What SageMaker Debugger recorded of one training; ``location`` or ``job``, or both.

    ``location`` is a folder or an ``s3://`` address, the one above ``index`` and ``events``;
    ``job`` the name of the training job, which is asked for what is left out; ``profiler`` is
    where the job's profiler-output lies.
    """

    name: str
    location: str | None = None
    job: str | None = None
    profiler: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule:
    """A rule of the user's own: a class ``rule`` of ``smdebug.rules.Rule`` in a Python file.

    ``parameters`` are given to its constructor beside the trial; ``timeout_s`` is the most that
    it may take for one trial; a policy may ask that no ``critical`` rule has fired.
    """

    name: str
    file: str
    rule: str
    timeout_s: float = 60.0
    critical: bool = False
    parameters: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One shadow test: two variants of an endpoint and where their captures lie.

    ``captures`` (or ``log``, whose lines hold both answers), ``baseline`` and ``violations`` are
    an ``s3://`` address or an absolute path; ``cluster`` says by what requests hang together
    (``cluster_keys``); ``noise_source`` where a second fleet of production's own model was
    captured, as ``noise_variant`` (``None``: production's name); ``start`` and ``end`` are aware
    UTC, ``None`` for all there is; the percentages are 0 to 100, ``None`` where not stated. What
    the file leaves empty is filled in from SageMaker where ``endpoint`` or ``experiment`` is named.
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
    engine: Literal["duckdb", "athena"] = "duckdb"
    start: datetime | None = None
    end: datetime | None = None
    prediction: Prediction = Prediction()
    compare: Comparing = Comparing()
    truth: Truth | None = None
    outcomes: Outcomes | None = None
    training: Training = Training()
    deployment: Deployment = field(default_factory=Deployment)
    cluster: str | None = None
    noise_source: str | None = None
    noise_variant: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything ``understudy.toml`` says, with the defaults of what it does not say.

    ``rules`` holds what is set of the rules on trainings, by the rule's name: its parameters, and
    ``critical``. ``stated`` holds the dotted keys that the file sets; every other key is a default.
    """

    tests: tuple[Test, ...]
    aws: Aws = Aws()
    athena: Athena = field(default_factory=Athena)
    prices: Prices = field(default_factory=Prices)
    actions: Actions = field(default_factory=Actions)
    notify: Notify = field(default_factory=Notify)
    policies: tuple[Policy, ...] = ()
    trials: tuple[Trial, ...] = ()
    rules: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    custom_rules: tuple[CustomRule, ...] = ()
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
        names = [test.name for test in self.tests]
        remedy = "add [tests.NAME] with captures, production and shadow"
        raise ConfigError(self._unknown("test", name or "", names, remedy))

    def trial(self, name: str) -> Trial:
        """The configured trial of that name.

        Raises
        ------
        ConfigError
            When there is no such trial; the sentence names those there are.
        """
        for trial in self.trials:
            if trial.name == name:
                return trial
        names = [trial.name for trial in self.trials]
        remedy = "add [trials.NAME] with location or job"
        raise ConfigError(self._unknown("trial", name, names, remedy))

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

    def _unknown(self, kind: str, name: str, names: list[str], otherwise: str) -> str:
        where = str(self.path) if self.path else "the demo account"
        if not names:
            return f"{where} names no {kind}; {otherwise}."
        near = difflib.get_close_matches(name, names, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        return f"{where} has no {kind} {name!r}.{meant} Its {kind}s are: {', '.join(names)}."


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
