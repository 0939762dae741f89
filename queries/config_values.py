"""Which values may a key of ``understudy.toml`` have, whatever table it stands in?"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from queries import cluster_keys
from queries.keys import SAGEMAKER_NAME


class Table(BaseModel):
    """A table of the file: unknown keys and other types are refused."""

    # strict: 'threshold = "0.5"' is a slip to be told, not a number
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", re.DOTALL)


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


def _prefix(value: str) -> str:
    if not _BUCKET.fullmatch(value):
        raise ValueError("an S3 address is expected, written s3://bucket/prefix/")
    return value.rstrip("/") + "/"


def _role(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", value):
        raise ValueError("a role is written arn:aws:iam::123456789012:role/NAME")
    return value


def _external_id(value: str) -> str:
    if not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", value, re.ASCII):
        raise ValueError("an external id has 2 to 1,224 letters, digits and any of + = , . @ : / -")
    return value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("a text that is not empty is expected; leave the key out for its default")
    return value


def _parameter(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("a number, a text in quotes, true or false is expected")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a finite number is expected")
    return value


Moment = Annotated[datetime, BeforeValidator(_utc)]
Name = Annotated[str, AfterValidator(_sagemaker_name)]
Location = Annotated[str, AfterValidator(_location)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Text = Annotated[str, AfterValidator(_not_empty)]
Percent = Annotated[float, Field(gt=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Cluster = Annotated[str, AfterValidator(cluster_keys.checked)]
JsonPath = Annotated[str, Field(pattern=r"^\$")]
RoleArn = Annotated[str, AfterValidator(_role)]
ExternalId = Annotated[str, AfterValidator(_external_id)]
ParameterOfARule = Annotated[Any, AfterValidator(_parameter)]
Experiment = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}$")]
