"""Which keys may ``understudy.toml`` hold, and which values may they have?"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    BaseModel,
    Field,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from analysis.policy import GUARDRAILS, STRUCTURED, Policy
from queries.athena.refusing import NOT_IN_SQL
from queries.config import Kind
from queries.config_actions_schema import (
    ActionsTable,
    DeploymentTable,
    FreezeTable,
    NotifyTable,
    ProxyHeadersTable,
    WindowTable,
)
from queries.config_truth_schema import OutcomesTable, TruthTable
from queries.config_values import (
    Cluster,
    Experiment,
    ExternalId,
    JsonPath,
    Location,
    Moment,
    Name,
    ParameterOfARule,
    Percent,
    Prefix,
    RoleArn,
    Share,
    Table,
    Text,
)


class AwsTable(Table):
    """Keys of ``[aws]``."""

    region: Text | None = None
    profile: Text | None = None
    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    role_arn: RoleArn | None = None
    external_id: ExternalId | None = None
    requester_pays: bool = False

    @model_validator(mode="after")
    def _an_external_id_needs_a_role(self) -> AwsTable:
        if self.external_id is not None and self.role_arn is None:
            raise ValueError("`external_id` belongs to a role: add `role_arn`, or leave it out")
        return self


class AthenaTable(Table):
    """Keys of ``[athena]``."""

    workgroup: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,128}$")] = "primary"
    database: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,126}$")] = "understudy"
    work: Prefix | None = None
    output: Prefix | None = None
    max_gb_per_query: Annotated[float, Field(gt=0)] = 100.0
    max_gb_per_day: Annotated[float, Field(gt=0)] = 1000.0
    usd_per_tb: Annotated[float, Field(ge=0)] = 5.0
    # seven days are the most that Athena allows
    reuse_minutes: Annotated[int, Field(ge=0, le=10_080)] = 60


class PricesTable(Table):
    """Keys of ``[prices]``."""

    usd_per_1000_lists: Annotated[float, Field(ge=0)] = 0.005
    usd_per_1000_gets: Annotated[float, Field(ge=0)] = 0.0004
    usd_per_gb: Annotated[float, Field(ge=0)] = 0.09


class InstanceTable(Table):
    """Keys of ``[instances."ml.…"]``."""

    price_per_hour: Annotated[float, Field(ge=0)] | None = None
    cores: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=0)] | None = None


class PredictionTable(Table):
    """Keys of ``[tests.NAME.prediction]``."""

    kind: Kind | None = None
    column: int | None = None
    path: JsonPath | None = None
    argmax: bool | None = None
    threshold: float = 0.5
    labels: Annotated[tuple[Text, ...], Field(strict=False, min_length=2)] | None = None

    @model_validator(mode="after")
    def _one_way_to_read(self) -> PredictionTable:
        if self.column is not None and self.path is not None:
            raise ValueError("`column` reads CSV and `path` reads JSON: keep one of the two")
        if self.labels is not None and len(set(self.labels)) < len(self.labels):
            raise ValueError("`labels` names a label twice: name each once")
        if self.kind == "regression" and (self.argmax or self.labels):
            raise ValueError("a regression has no labels: leave out `argmax` and `labels`")
        if self.kind in STRUCTURED and self.argmax:
            raise ValueError(f"`argmax` makes one label of a vector, and {self.kind} keeps it all")
        return self


class CompareTable(Table):
    """Keys of ``[tests.NAME.compare]``."""

    ignore: Annotated[tuple[JsonPath, ...], Field(strict=False)] = ()
    top_k: Annotated[int, Field(ge=1, le=1000)] = 10
    min_overlap: Share = 0.8
    min_similarity: Share = 0.9
    embeddings: Text | None = None


class TrainingTable(Table):
    """Keys of ``[tests.NAME.training]``."""

    production: Text | None = None
    shadow: Text | None = None

    @model_validator(mode="after")
    def _two_trainings(self) -> TrainingTable:
        if self.production is not None and self.production == self.shadow:
            raise ValueError(
                f"`production` and `shadow` both name {self.shadow!r}: name two trials"
            )
        return self


class TrialTable(Table):
    """Keys of ``[trials.NAME]``."""

    location: Location | None = None
    job: Name | None = None
    profiler: Location | None = None
    description: str = ""

    @model_validator(mode="after")
    def _somewhere(self) -> TrialTable:
        if self.location is None and self.job is None:
            raise ValueError(
                "nothing says where the trial lies: add `location`, a folder or "
                "s3://…/debug-output, or the name of the training `job`"
            )
        return self


class CustomRuleTable(Table):
    """Keys of ``[custom_rules.NAME]``."""

    file: Text
    rule: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    critical: bool = False
    parameters: dict[str, ParameterOfARule] = Field(default_factory=dict)


class TestTable(Table):
    """Keys of ``[tests.NAME]``."""

    # before the variants: whether these may be left out depends on them
    captures: Location | None = None
    log: Location | None = None
    endpoint: Name | None = None
    experiment: Experiment | None = None
    production: Annotated[Name | None, Field(validate_default=True)] = None
    shadow: Annotated[Name | None, Field(validate_default=True)] = None
    engine: Literal["duckdb", "athena"] = "duckdb"
    start: Moment | None = None
    end: Moment | None = None
    prediction: PredictionTable = PredictionTable()
    compare: CompareTable = CompareTable()
    truth: TruthTable | None = None
    outcomes: OutcomesTable | None = None
    training: TrainingTable = TrainingTable()
    deployment: DeploymentTable = DeploymentTable()
    cluster: Cluster | None = None
    noise_source: Location | None = None
    noise_variant: Name | None = None
    features: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] | None = None
    baseline: Location | None = None
    violations: Location | None = None
    capture_percent: Percent | None = None
    shadow_percent: Percent | None = None
    policy: Text = "default"
    description: str = ""

    @field_validator("production", "shadow")
    @classmethod
    def _named_here_or_by_sagemaker(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = info.data
        named = known.get("endpoint") or known.get("experiment")
        if value is None and known.get("captures") and not named:
            raise ValueError(
                "name the variant as SageMaker does, or name the `endpoint` so that SageMaker "
                "can be asked"
            )
        return value

    @model_validator(mode="after")
    def _two_variants_one_window(self) -> TestTable:
        if self.captures is not None and self.log is not None:
            raise ValueError(
                "`captures` and `log` are two ways to record a test: keep the one that is read"
            )
        named = self.endpoint is not None or self.experiment is not None
        if self.captures is None and self.log is None and not named:
            raise ValueError(
                "nothing says where the answers lie: add `captures` (or `log`), or name the "
                "`endpoint` or the `experiment` so that SageMaker can be asked"
            )
        if self.production is not None and self.production == self.shadow:
            raise ValueError(
                f"`production` and `shadow` both name {self.shadow!r}: name two variants"
            )
        if self.start and self.end and self.end <= self.start:
            raise ValueError("`end` is not after `start`: exchange or correct them")
        if self.features is not None and len(set(self.features)) < len(self.features):
            raise ValueError("`features` names a feature twice: name each once")
        return self

    @model_validator(mode="after")
    def _athena_reads_one_part_from_s3(self) -> TestTable:
        if self.engine != "athena":
            return self
        remedy = 'leave `engine` out, or write engine = "duckdb"'
        if self.log is not None:
            raise ValueError(f"Athena reads captures, and no paired `log`: {remedy}")
        if self.captures is not None and not self.captures.startswith("s3://"):
            raise ValueError(
                f"Athena reads what lies in S3, and `captures` is a folder here: {remedy}"
            )
        if self.prediction.kind in NOT_IN_SQL:
            raise ValueError(
                f"Athena does not compare answers of the kind {self.prediction.kind!r}: {remedy}"
            )
        return self


def _policy_table() -> type[BaseModel]:
    """The keys of ``Policy`` as a table; a key's type, and so its check, is the field's."""
    hints = get_type_hints(Policy)
    keys: dict[str, Any] = {
        key.name: (_policy_type(key.name, hints[key.name]), key.default)
        for key in dataclasses.fields(Policy)
        if key.name != "name"
    }
    return create_model("PolicyTable", __base__=Table, **keys)


def _policy_type(key: str, hint: Any) -> Any:
    if key == "critical":
        # not strict, for TOML has arrays and no tuples
        names = Literal[GUARDRAILS]  # type: ignore[valid-type] # spelt out in one place only
        return Annotated[tuple[names, ...], Field(strict=False)]
    if hint is bool:
        return hint
    return Annotated[hint, _RANGES.get(key, Field(ge=0))]


# A limit of 95 where 0.95 is meant would promote or hold for ever: shares end at 1.
_SHARE = Field(ge=0, le=1)
_RANGES = {
    "confidence": Field(gt=0, lt=1),
    "min_agreement": _SHARE,
    "max_label_shift": _SHARE,
    "max_4xx_increase": _SHARE,
    "max_5xx_increase": _SHARE,
    "max_model_error_increase": _SHARE,
    "max_prediction_drift": _SHARE,
    "max_unreadable": _SHARE,
    "max_slice_disagreement": _SHARE,
    "min_pairing": _SHARE,
    "min_hours_of_week": Field(ge=0, le=168),
    **dict.fromkeys(("night_from", "night_to"), Field(ge=0, le=23)),
    "planned_pairs": Field(ge=1),
    "min_slice_pairs": Field(ge=1),
}
PolicyTable = _policy_table()


class File(Table):
    """The whole file."""

    cache: Text | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    aws: AwsTable = AwsTable()
    athena: AthenaTable = AthenaTable()
    prices: PricesTable = PricesTable()
    actions: ActionsTable = ActionsTable()
    notify: NotifyTable = NotifyTable()
    tests: dict[Text, TestTable] = Field(default_factory=dict)
    instances: dict[Text, InstanceTable] = Field(default_factory=dict)
    trials: dict[Text, TrialTable] = Field(default_factory=dict)
    rules: dict[Text, dict[str, ParameterOfARule]] = Field(default_factory=dict)
    custom_rules: dict[Text, CustomRuleTable] = Field(default_factory=dict)
    # made of Policy's fields above
    policy: dict[Text, PolicyTable] = Field(default_factory=dict)  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _something_to_look_at(self) -> File:
        if not self.tests and not self.trials and self.aws == AwsTable():
            raise ValueError(
                "it names neither a shadow test nor a trial nor an account: add [tests.NAME] or "
                "[trials.NAME], or [aws] with `region`, and the tests of that region are found"
            )
        return self


KEYS: dict[str, list[str]] = {
    "": list(File.model_fields),
    "aws": list(AwsTable.model_fields),
    "athena": list(AthenaTable.model_fields),
    "prices": list(PricesTable.model_fields),
    "actions": list(ActionsTable.model_fields),
    "actions.trusted_proxy_headers": list(ProxyHeadersTable.model_fields),
    "actions.windows": list(WindowTable.model_fields),
    "actions.freeze": list(FreezeTable.model_fields),
    "notify": list(NotifyTable.model_fields),
    "tests.NAME": list(TestTable.model_fields),
    "tests.NAME.prediction": list(PredictionTable.model_fields),
    "tests.NAME.compare": list(CompareTable.model_fields),
    "tests.NAME.truth": list(TruthTable.model_fields),
    "tests.NAME.outcomes": list(OutcomesTable.model_fields),
    "tests.NAME.training": list(TrainingTable.model_fields),
    "tests.NAME.deployment": list(DeploymentTable.model_fields),
    "trials.NAME": list(TrialTable.model_fields),
    "custom_rules.NAME": list(CustomRuleTable.model_fields),
    "instances.NAME": list(InstanceTable.model_fields),
    "policy.NAME": list(PolicyTable.model_fields),
}
"""The keys of each table of the file, by the table's name."""
