"""What does a rule say of a training, and by which settings?

A rule has AWS's name where it is one of Debugger's built-in rules, with AWS's published parameters
(https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-built-in-rules.html), and says so where
it is ours. "Can't tell" is an answer of its own: what was not saved is never taken for healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analysis.training.machines import Machines
    from analysis.training.recording import Mode, Recording

Status = Literal["fired", "not_fired", "unknown"]
Origin = Literal["aws", "understudy", "custom"]
Model = Literal["any", "network", "trees"]
"""Which models a rule judges: any, networks of layers, or boosted trees."""
Setting = float | int | bool | str
"""The value of a rule's parameter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found.

    ``first_step`` is the first step of ``mode`` at which it fired; ``tensors`` those that it fired
    on, the worst first; ``value`` the number that decided it and ``threshold`` what it was held
    to, both in ``unit`` (nan where none can be named). ``sentence`` says it all; ``remedy`` what to
    do, "" where there is nothing to. ``explained`` names what looks like an alarm and is none, a
    sentence each. Of a model that the rule does not judge, it ``applies`` not, and is unknown.
    """

    rule: str
    origin: Origin
    status: Status
    critical: bool
    sentence: str
    remedy: str = ""
    first_step: int | None = None
    mode: Mode | None = None
    tensors: tuple[str, ...] = ()
    value: float = float("nan")
    threshold: float = float("nan")
    unit: str = ""
    explained: tuple[str, ...] = ()
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a rule: its default says its type."""

    name: str
    default: Setting
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one rule: what was given, else its defaults."""

    values: Mapping[str, Setting]

    def number(self, name: str) -> float:
        """A number."""
        return float(self.values[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self.values[name])

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return bool(self.values[name])

    def text(self, name: str) -> str:
        """A text, such as a regular expression."""
        return str(self.values[name])


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule judges: a recording, one to compare with, the machines; ``now`` in epoch seconds.

    None is what there is none of.
    """

    recording: Recording | None
    settings: Settings
    now: float
    other: Recording | None = None
    machines: Machines | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it asks, its parameters, and how it judges a case.

    ``critical`` is its default weight: a policy may ask that no critical rule has fired. ``model``
    says of which models it can be asked at all: trees have no gradients, networks no trees.
    """

    name: str
    origin: Origin
    question: str
    check: Callable[[Case], Finding]
    parameters: tuple[Parameter, ...] = ()
    critical: bool = False
    about: Literal["tensors", "machines"] = "tensors"
    model: Model = "any"

    def settings(self, given: Mapping[str, Setting] | None = None) -> Settings:
        """What was given over the defaults.

        Raises
        ------
        KeyError
            For a parameter that the rule does not have.
        """
        values = {each.name: each.default for each in self.parameters}
        for name, value in (given or {}).items():
            if name not in values:
                raise KeyError(name)
            values[name] = value
        return Settings(values)
