"""Which objects does a table have, and in which of its partitions?

By projection where the table's properties ask for it, else by the partitions that Glue knows:
https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from demo.buckets import Buckets, Stored

if TYPE_CHECKING:
    from demo.athena.catalogue import Catalogue

# Java's letters of dates that ranges here may have
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_DATES = re.compile("|".join(_LETTERS))
_UNIT = {"HOURS": 3_600, "DAYS": 86_400}


@dataclass(frozen=True, slots=True)
class Part:
    """A partition that has objects: the values of its keys, in the keys' order."""

    values: tuple[str, ...]
    bucket: str
    objects: tuple[Stored, ...]


def parts_of(
    table: Mapping[str, Any], catalogue: Catalogue, buckets: Buckets, now: float
) -> list[Part]:
    """The partitions of a table that have objects; one without keys for a table without.

    Raises
    ------
    ValueError
        When the table's projection is not one that Athena takes.
    """
    location = table["StorageDescriptor"]["Location"]
    keys = [key["Name"] for key in table.get("PartitionKeys", ())]
    if not keys:
        return _some([_part((), location, buckets)])
    if table.get("Parameters", {}).get("projection.enabled", "").lower() == "true":
        return _projected(table, keys, buckets, now)
    known = catalogue.partitions(table["DatabaseName"], table["Name"])
    return _some(
        [
            _part(tuple(each["Values"]), each["StorageDescriptor"]["Location"], buckets)
            for each in known
        ]
    )


def _some(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part.objects]


def _part(values: tuple[str, ...], location: str, buckets: Buckets) -> Part:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    return Part(values, bucket, tuple(filter(_is_read, buckets.below(bucket, prefix))))


def _is_read(each: Stored) -> bool:
    """Hive passes over what begins with a dot or an underscore."""
    return not each.key.rpartition("/")[2].startswith((".", "_"))


def _projected(
    table: Mapping[str, Any], keys: list[str], buckets: Buckets, now: float
) -> list[Part]:
    properties = table["Parameters"]
    template = properties.get("storage.location.template")
    if template is None:
        base = table["StorageDescriptor"]["Location"].rstrip("/")
        template = base + "".join(f"/{key}=${{{key}}}" for key in keys) + "/"
    for key in keys:
        if f"${{{key}}}" not in template:
            raise ValueError(f"storage.location.template has no placeholder for {key}")
    bucket, _, path = template.removeprefix("s3://").partition("/")
    path = path if path.endswith("/") else f"{path}/"
    taken = {key: _Range(key, properties, now) for key in keys}
    place = re.compile(_pattern(path, taken))
    found: dict[tuple[str, ...], list[Stored]] = {}
    for each in buckets.below(bucket, path.partition("${")[0]):
        match = place.match(each.key)
        if match is not None and _is_read(each):
            values = tuple(match[key] for key in keys)
            if all(taken[key].holds(match[key]) for key in keys):
                found.setdefault(values, []).append(each)
    return [Part(values, bucket, tuple(found[values])) for values in sorted(found)]


def _pattern(path: str, taken: Mapping[str, _Range]) -> str:
    text = ""
    for at, piece in enumerate(re.split(r"\$\{(\w+)\}", path)):
        text += f"(?P<{piece}>{taken[piece].pattern})" if at % 2 else re.escape(piece)
    return text


class _Range:
    """The values that a projected key may have: an enumeration, or dates from one to another."""

    def __init__(self, key: str, properties: Mapping[str, str], now: float) -> None:
        def of(what: str, default: str | None = None) -> str:
            name = f"projection.{key}.{what}"
            if name not in properties and default is None:
                raise ValueError(f"INVALID_TABLE_PROPERTY: {name} is missing")
            return properties.get(name, default or "")

        self._kind = of("type")
        if self._kind == "enum":
            self._values = of("values").split(",")
            self.pattern = "|".join(map(re.escape, self._values))
        elif self._kind == "date":
            self._format = _DATES.sub(lambda found: _LETTERS[found[0]], of("format"))
            first, _, last = of("range").partition(",")
            if of("interval.unit", "DAYS") not in _UNIT or of("interval", "1") != "1":
                raise ValueError(f"projection.{key}.interval was not tested here")
            self._first = self._time(first)
            self._last = datetime.fromtimestamp(now, UTC) if last == "NOW" else self._time(last)
            self.pattern = re.sub("%[Ymd]|%H", lambda f: r"\d{4}" if f[0] == "%Y" else r"\d\d",
                                  self._format)  # fmt: skip
        else:
            raise ValueError(f"projection.{key}.type {self._kind!r} was not tested here")

    def holds(self, value: str) -> bool:
        """Whether the projection makes a partition of this value."""
        if self._kind == "enum":
            return value in self._values
        return self._first <= self._time(value) <= self._last

    def _time(self, text: str) -> datetime:
        return datetime.strptime(text, self._format).replace(tzinfo=UTC)
