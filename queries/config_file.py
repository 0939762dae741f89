"""What does ``understudy.toml`` say, and what is wrong with it, in sentences?"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)

from analysis.policy import GUARDRAILS, Policy
from queries.config import Aws, Config, Kind, Prediction, Test, default_cache
from queries.errors import ConfigError
from queries.keys import SAGEMAKER_NAME

_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", re.DOTALL)
_SECRET = re.compile(r"secret|token|password|access_key", re.IGNORECASE)


def _utc(value: object) -> object:
    """A TOML date or time as aware UTC; one without an offset is UTC already."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError("a date and time such as 2024-03-31T16:00:00Z is expected")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _sagemaker_name(value: str) -> str:
    if not SAGEMAKER_NAME.fullmatch(value):
        raise ValueError(
            "a SageMaker name is expected: 1 to 63 letters, digits and hyphens, "
            "beginning and ending with a letter or digit"
        )
    return value


def _location(value: str) -> str:
    if not value.strip():
        raise ValueError("a folder, a file or s3://bucket/prefix is expected")
    if value.lower().startswith("s3:"):
        address = "s3:" + value[3:]
        if not _BUCKET.fullmatch(address):
            raise ValueError("an S3 address is written s3://bucket/prefix")
        return address
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", value):
        raise ValueError("only folders, files and s3://bucket/prefix can be read")
    return value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("a text that is not empty is expected; leave the key out for its default")
    return value


Moment = Annotated[datetime, BeforeValidator(_utc)]
Name = Annotated[str, AfterValidator(_sagemaker_name)]
Location = Annotated[str, AfterValidator(_location)]
Text = Annotated[str, AfterValidator(_not_empty)]
Percent = Annotated[float, Field(gt=0, le=100)]


class _Table(BaseModel):
    # strict: 'threshold = "0.5"' is a slip to be told, not a number
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class _Aws(_Table):
    region: Text | None = None
    profile: Text | None = None
    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None


class _Prediction(_Table):
    kind: Kind | None = None
    column: int | None = None
    path: Annotated[str, Field(pattern=r"^\$")] | None = None
    argmax: bool | None = None
    threshold: float = 0.5
    labels: Annotated[tuple[Text, ...], Field(strict=False, min_length=2)] | None = None

    @model_validator(mode="after")
    def _one_way_to_read(self) -> _Prediction:
        if self.column is not None and self.path is not None:
            raise ValueError("`column` reads CSV and `path` reads JSON: keep one of the two")
        if self.labels is not None and len(set(self.labels)) < len(self.labels):
            raise ValueError("`labels` names a label twice: name each once")
        if self.kind == "regression" and (self.argmax or self.labels):
            raise ValueError("a regression has no labels: leave out `argmax` and `labels`")
        return self


class _Test(_Table):
    captures: Location
    production: Name
    shadow: Name
    endpoint: Name | None = None
    engine: Literal["duckdb"] = "duckdb"
    start: Moment | None = None
    end: Moment | None = None
    prediction: _Prediction = _Prediction()
    features: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] | None = None
    baseline: Location | None = None
    capture_percent: Percent | None = None
    shadow_percent: Percent | None = None
    policy: Text = "default"
    description: str = ""

    @model_validator(mode="after")
    def _two_variants_one_window(self) -> _Test:
        if self.production == self.shadow:
            raise ValueError(
                f"`production` and `shadow` both name {self.shadow!r}: name two variants"
            )
        if self.start and self.end and self.end <= self.start:
            raise ValueError("`end` is not after `start`: exchange or correct them")
        if self.features is not None and len(set(self.features)) < len(self.features):
            raise ValueError("`features` names a feature twice: name each once")
        return self


def _policy_table() -> type[BaseModel]:
    """The keys of ``Policy`` as a table; a key's type, and so its check, is the field's."""
    hints = get_type_hints(Policy)
    keys: dict[str, Any] = {
        key.name: (_policy_type(key.name, hints[key.name]), key.default)
        for key in dataclasses.fields(Policy)
        if key.name != "name"
    }
    return create_model("PolicyTable", __base__=_Table, **keys)


def _policy_type(key: str, hint: Any) -> Any:
    if key == "critical":
        # not strict, for TOML has arrays and no tuples
        names = Literal[GUARDRAILS]  # type: ignore[valid-type] # spelt out in one place only
        return Annotated[tuple[names, ...], Field(strict=False)]
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
    "min_pairing": _SHARE,
    "min_hours_of_week": Field(ge=0, le=168),
    "planned_pairs": Field(ge=1),
}
_Policy = _policy_table()


class _File(_Table):
    cache: Text | None = None
    aws: _Aws = _Aws()
    tests: Annotated[dict[Text, _Test], Field(min_length=1)]
    policy: dict[Text, _Policy] = {}  # type: ignore[valid-type] # made of Policy's fields above


def parse(path: Path) -> Config:
    """The configuration of one file; see ``queries.config.load``.

    Raises
    ------
    ConfigError
        When the file is not there, is not TOML, or has faults.
    """
    table = _toml(path)
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        raise _faults(path, [_sentence(each, table) for each in error.errors()]) from None
    folder = path.expanduser().absolute().parent
    policies, faults = [], []
    for name, limits in file.policy.items():
        try:
            policies.append(Policy(name=name, **limits.model_dump()))  # type: ignore[attr-defined]
        except ValueError as error:
            faults.append(f"policy.{name}: {error}.")
    for name, test in file.tests.items():
        if test.policy != "default" and test.policy not in file.policy:
            faults.append(
                f"tests.{name}.policy names {test.policy!r}, but there is no "
                f"[policy.{test.policy}]{_near(test.policy, file.policy)}; add it, or leave "
                "`policy` out for the default limits."
            )
    if faults:
        raise _faults(path, faults)
    return Config(
        aws=Aws(**file.aws.model_dump()),
        tests=tuple(_test(name, test, folder) for name, test in file.tests.items()),
        policies=tuple(policies),
        path=path,
        cache=Path(_beside(file.cache, folder)) if file.cache else default_cache(),
        stated=frozenset(_dotted(table)),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.expanduser().read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}); "
            "check the path, or unset UNDERSTUDY_CONFIG if it came from there."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib's own message ends "(at line 3, column 7)"
        raise ConfigError(f"{path} is not valid TOML: {error}. Correct that line.") from error


def _test(name: str, table: _Test, folder: Path) -> Test:
    stated = table.model_dump(exclude={"prediction"})
    stated["captures"] = _beside(table.captures, folder)
    if table.baseline is not None:
        stated["baseline"] = _beside(table.baseline, folder)
    return Test(name=name, prediction=Prediction(**table.prediction.model_dump()), **stated)


def _beside(location: str, folder: Path) -> str:
    """A path that is relative is meant from the file that names it, wherever one works."""
    return location if location.startswith("s3://") else str(folder / Path(location).expanduser())


def _dotted(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield above + key
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{above}{key}.")


def _faults(path: Path, sentences: list[str]) -> ConfigError:
    return ConfigError("\n".join(f"{path}: {sentence}" for sentence in sentences))


def _sentence(error: Any, table: Mapping[str, Any]) -> str:
    """One fault that pydantic found, in words that name key, finding and remedy."""
    place = [part for part in error["loc"] if isinstance(part, str) and part != "[key]"]
    key = ".".join(place)
    if error["type"] == "extra_forbidden":
        return _unknown(place)
    if error["type"] == "missing":
        if key == "tests":
            return "names no test; add [tests.NAME] with captures, production and shadow."
        return f"{key} is missing; add {_EXAMPLES.get(place[-1], place[-1] + ' = …')}."
    if error["type"] == "value_error":
        said = str(error["ctx"]["error"])
        if isinstance(error["input"], (_Test, _Prediction)) or said.startswith("`"):
            return f"[{key}]: {said}."
        return f"{key} is {_found(error['input'])}, but {said}."
    return f"{key} is {_found(error['input'])}, but {_expected(error, place)}."


def _expected(error: Any, place: list[str]) -> str:
    limits = error.get("ctx", {})
    kind = error["type"]
    if place[-1] == "path":
        return "a JSONPath begins with $, such as $.predictions[*].score"
    if place[-1] == "endpoint_url":
        return "an address such as https://s3.example.com is expected"
    words = {
        "literal_error": f"one of {limits.get('expected', '')} is expected",
        "greater_than": f"a number above {limits.get('gt', 0):g} is expected",
        "greater_than_equal": f"a number not below {limits.get('ge', 0):g} is expected",
        "less_than": f"a number below {limits.get('lt', 0):g} is expected",
        "less_than_equal": _at_most(limits.get("le", 0)),
        "too_short": f"at least {limits.get('min_length')} are expected",
        "string_type": 'a text in quotes is expected, such as "AllTraffic"',
        "bool_type": "true or false is expected, without quotes",
        "int_type": "a whole number is expected, without quotes",
        "float_type": "a number is expected, without quotes",
        "finite_number": "a finite number is expected",
        "tuple_type": 'a list is expected, such as ["age", "income"]',
        "model_type": f"a table [{'.'.join(place)}] is expected",
        "dict_type": f"tables [{'.'.join(place)}.NAME] are expected",
    }
    return words.get(kind, str(error["msg"]))


def _at_most(limit: float) -> str:
    share = " (a share: 0.95 is 95 %)" if limit == 1 else ""
    return f"a number not above {limit:g}{share} is expected"


def _unknown(place: list[str]) -> str:
    *above, key = place
    table = ".".join(above)
    where = f"[{table}]" if table else "the top of the file"
    if _SECRET.search(key):
        return (
            f"{'.'.join(place)} looks like a secret, and this file never holds one; name a "
            "`profile` in [aws], or leave credentials to the environment."
        )
    known = _KNOWN[_shape(above)]
    home = next((shape for shape, keys in _KNOWN.items() if key in keys and key not in known), None)
    near = _near(key, known)
    if not near and home is not None:
        near = f" but of {f'[{home}]' if home else 'the top of the file'}"
    return f"{'.'.join(place)} is not a key of {where}{near}. Known are: {', '.join(known)}."


def _near(word: str, known: Mapping[str, object] | list[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _shape(place: list[str]) -> str:
    return ".".join("NAME" if at == 1 else part for at, part in enumerate(place))


def _found(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


_KNOWN: dict[str, list[str]] = {
    "": list(_File.model_fields),
    "aws": list(_Aws.model_fields),
    "tests.NAME": list(_Test.model_fields),
    "tests.NAME.prediction": list(_Prediction.model_fields),
    "policy.NAME": list(_Policy.model_fields),
}
_EXAMPLES = {
    "captures": 'captures = "s3://bucket/prefix" (or a folder)',
    "production": 'production = "the name of the production variant"',
    "shadow": 'shadow = "the name of the shadow variant"',
}
