"""What must requests keep to, by Model Monitor's constraints.json, and do those of a window?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analysis.constraints import Constraint, broken, observe_numbers, observe_texts
from queries import inputs, monitored_files
from queries.monitored_files import CONSTRAINTS
from queries.reading import as_label
from queries.windows import bounds

if TYPE_CHECKING:
    from analysis.constraints import Broken, Observed
    from analysis.estimates import Window
    from queries.config import Aws
    from queries.opened import Opened

_Share = Annotated[float, Field(ge=0, le=1)]
# What Model Monitor's documentation says of a file that states no threshold.
_BY_DEFAULT = 0.1


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Num(_Part):
    is_non_negative: bool = False


class _String(_Part):
    domains: list[str | bool | int | float] | None = None


class _Feature(_Part):
    name: str
    inferred_type: str = "Unknown"
    completeness: _Share = 0.0
    num_constraints: _Num = _Num()
    string_constraints: _String = _String()


class _Monitoring(_Part):
    evaluate_constraints: Literal["Enabled", "Disabled"] = "Enabled"
    datatype_check_threshold: _Share = _BY_DEFAULT
    domain_content_threshold: _Share = _BY_DEFAULT


class _File(_Part):
    features: list[_Feature]
    monitoring_config: _Monitoring = _Monitoring()


@dataclass(frozen=True, slots=True)
class Constraints:
    """The constraints of a file; ``enabled`` is whether Model Monitor is told to evaluate them."""

    location: str
    features: tuple[Constraint, ...]
    enabled: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """Which constraints the requests of a window break, of ``features`` that were looked at.

    ``missing`` are features of the constraints that the requests do not have.
    """

    location: str
    broken: tuple[Broken, ...]
    features: tuple[str, ...]
    missing: tuple[str, ...]
    enabled: bool


def read(location: str, aws: Aws | None) -> Constraints:
    """What a constraints.json holds.

    Raises
    ------
    SourceError
        When it is not there or is no such file.
    """
    found = monitored_files.read(
        location, _File, aws, what="baseline", expected="a constraints.json of Model Monitor"
    )
    config = found.monitoring_config
    return Constraints(
        location,
        tuple(
            Constraint(
                name=each.name,
                kind=each.inferred_type,
                completeness=each.completeness,
                non_negative=each.num_constraints.is_non_negative,
                domain=_domain(each),
                type_share=config.datatype_check_threshold,
                domain_share=config.domain_content_threshold,
            )
            for each in found.features
        ),
        config.evaluate_constraints == "Enabled",
    )


def check(opened: Opened, window: Window) -> Checked | None:
    """Hold production's requests of a window against the constraints, if there are any.

    Raises
    ------
    SourceError
        When the constraints are there and cannot be read.
    """
    baseline, aws = opened.test.baseline, opened.config.aws
    if baseline is None or not monitored_files.is_monitored(baseline):
        return None
    place = monitored_files.find(baseline, CONSTRAINTS, aws)
    if place is None:
        return None
    found = read(place, aws)
    ours = opened.reading.input.names
    looked_at = [each for each in found.features if each.name in ours]
    return Checked(
        place,
        tuple(one for each in looked_at for one in broken(each, _observe(opened, each, window))),
        tuple(each.name for each in looked_at),
        tuple(each.name for each in found.features if each.name not in ours),
        found.enabled,
    )


def _observe(opened: Opened, constraint: Constraint, window: Window) -> Observed:
    at = opened.reading.input.names.index(constraint.name)
    if opened.reading.input.numeric[at] and constraint.domain is None:
        answer = opened.engine.run("feature_counts", columns=[f"f{at}"], **bounds(window))
        counted = {name: answer.count(name) for name in ("present", "whole", "negative")}
        return observe_numbers(answer.count("n"), **counted)
    return observe_texts(inputs.counts(opened, at, window), constraint.domain)


def _domain(feature: _Feature) -> tuple[str, ...] | None:
    """The known categories, each once and written as those of the requests are."""
    listed = feature.string_constraints.domains
    if listed is None:
        return None
    return tuple(dict.fromkeys(label for each in listed if (label := as_label(each)) is not None))
