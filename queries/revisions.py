"""To which earlier configs can an endpoint go back?

A config can be gone back to while it, its models and the data of its models exist. SageMaker keeps
no list of what an endpoint ran: configs are known from the audit, and from their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from queries import aws as account
from queries import sagemaker
from queries.errors import AwsError
from queries.reading_live import configured_variants, endpoint_config, model
from queries.sagemaker import asked

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.live import LiveVariant

MOST = 20
"""Configs that are looked at: the newest."""

_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Revision:
    """A config that an endpoint may go back to.

    ``created`` is UTC, None where the config is gone. ``missing`` says in sentences what does not
    exist any more, ``unknown`` what could not be looked for.
    """

    config: str
    created: datetime | None
    variants: tuple[LiveVariant, ...]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether nothing of it is known to be missing."""
        return not self.missing


def revisions(
    aws: Aws, endpoint: str, *, recorded: Sequence[str] = (), besides: str = ""
) -> tuple[Revision, ...]:
    """The configs an endpoint may have run, the newest first.

    Parameters
    ----------
    recorded
        Names of configs that the audit knows of this endpoint.
    besides
        A config to leave out: the one in force.

    Raises
    ------
    AwsError
        When configs cannot be listed.
    """
    clients = _Clients.of(aws)
    names = [*recorded, *_named_after(clients.sagemaker, endpoint)]
    wanted = [name for name in dict.fromkeys(names) if name != besides][:MOST]
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(clients.revision, wanted))
    # what is gone has no time, and stands last
    oldest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda each: each.created or oldest, reverse=True))


def revision(aws: Aws, config: str) -> Revision:
    """One config, and whether it can still be gone back to.

    Raises
    ------
    AwsError
        When no client can be made.
    """
    return _Clients.of(aws).revision(config)


@dataclass(frozen=True, slots=True)
class _Clients:
    """Whom to ask."""

    sagemaker: Any
    s3: Any

    @classmethod
    def of(cls, aws: Aws) -> _Clients:
        return cls(account.client(aws, "sagemaker"), account.client(aws, "s3"))

    def revision(self, name: str) -> Revision:
        """What is refused is told, and keeps no other revision from being looked at."""
        try:
            found = endpoint_config(self.sagemaker, name)
        except AwsError as error:
            return Revision(name, None, (), unknown=(str(error),))
        if found is None:
            return Revision(name, None, (), missing=(f"The endpoint config {name} is gone.",))
        variants = configured_variants(found)
        missing: list[str] = []
        unknown: list[str] = []
        for each in dict.fromkeys(variant.model for variant in variants if not variant.shadow):
            try:
                self._model(each, missing, unknown)
            except AwsError as error:
                unknown.append(str(error))
        return Revision(
            name, found["CreationTime"].astimezone(UTC), variants, tuple(missing), tuple(unknown)
        )

    def _model(self, name: str, missing: list[str], unknown: list[str]) -> None:
        found = model(self.sagemaker, name)
        if found is None:
            missing.append(f"The model {name} is gone.")
            return
        for place in sagemaker.data_of(self.sagemaker, found):
            there = _exists(self.s3, place)
            if there is False:
                missing.append(f"The data of the model {name} are gone: {place}.")
            elif there is not True:
                unknown.append(there)


def _named_after(client: Any, endpoint: str) -> Iterable[str]:
    pages = asked(
        "ListEndpointConfigs",
        lambda: list(
            client.get_paginator("list_endpoint_configs").paginate(
                NameContains=endpoint,
                SortBy="CreationTime",
                SortOrder="Descending",
                PaginationConfig={"MaxItems": 5 * MOST, "PageSize": 100},
            )
        ),
    )
    names = [each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"]]
    return [name for name in names if name == endpoint or name.startswith(f"{endpoint}-")]


def _exists(s3: Any, place: str) -> bool | str:
    """Whether an object, or anything below a prefix, is there; else why that is not known."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = place.removeprefix("s3://").partition("/")
    try:
        if key and not key.endswith("/"):
            s3.head_object(Bucket=bucket, Key=key)
            return True
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount"))
    except ClientError as error:
        if account.code_of(error) in ("404", "NoSuchKey", "NoSuchBucket", "NotFound"):
            return False
        return str(account.explain(error, call="HeadObject", about=place))
    except BotoCoreError as error:
        return str(account.explain(error, call="HeadObject", about=place))
