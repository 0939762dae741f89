"""Which rules are there, and what do they all say of a training?"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analysis.training.findings import Case, Finding, Rule, Setting
from analysis.training.machines import Machines
from analysis.training.outline import model_of
from analysis.training.recording import Recording
from analysis.training.rules import (
    activations,
    boosting,
    data,
    explosions,
    gradients,
    initialization,
    losses,
    machines,
    rates,
    runs,
    tensors,
    validation,
    weights,
    workers,
)

log = logging.getLogger(__name__)

_MODULES = (
    *(gradients, explosions, weights, initialization, activations, tensors, rates, workers),
    *(losses, validation, data, boosting, runs, machines),
)
RULES: dict[str, Rule] = {rule.name: rule for module in _MODULES for rule in module.RULES}
"""Every rule by its name: of tensors, of losses and data, of boosting, of runs, of machines."""

CRITICAL = "critical"
"""What any rule can be set to beside its parameters."""

_NOT_OF_TREES = "The training grew trees, which have no layers, gradients or weights."
_NOT_OF_NETWORKS = "The training is of a network of layers, and this is a rule of boosted trees."

Given = Mapping[str, Mapping[str, Setting]]
"""What is set of the rules, by rule and parameter; every other parameter has its default."""


def judge(
    recording: Recording | None,
    machines: Machines | None,
    *,
    settings: Given | None = None,
    other: Recording | None = None,
    now: float,
) -> tuple[Finding, ...]:
    """What every rule says, in the catalogue's order.

    A rule that fails on what it reads can't tell, and says so: no rule keeps the others silent. One
    that judges another kind of model is not asked, and does not apply.

    Parameters
    ----------
    settings : mapping, optional
        Parameters by rule, and ``critical`` of any rule.
    other : Recording, optional
        A run to compare with.
    now : float
        In seconds since 1970.

    Raises
    ------
    ValueError
        For a rule or a parameter that there is not, with those that there are.
    """
    given = settings or {}
    for wrong in unknown_settings(given):
        raise ValueError(wrong)
    return tuple(
        _ask(rule, recording, machines, given.get(rule.name, {}), other, now)
        for rule in RULES.values()
    )


def unknown_settings(given: Given) -> Iterator[str]:
    """Say of each rule and parameter that there is not which there are."""
    for name, values in given.items():
        if name not in RULES:
            yield f"there is no rule {name!r}{_instead(name, RULES)}"
            continue
        known = [parameter.name for parameter in RULES[name].parameters] + [CRITICAL]
        for wrong in values:
            if wrong not in known:
                yield f"the rule {name} has no parameter {wrong!r}{_instead(wrong, known)}"


def _instead(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"


def _ask(
    rule: Rule,
    recording: Recording | None,
    machines: Machines | None,
    given: Mapping[str, Setting],
    other: Recording | None,
    now: float,
) -> Finding:
    critical = bool(given.get(CRITICAL, rule.critical))
    if recording is not None and {rule.model, model_of(recording.tensors)} == {"network", "trees"}:
        said = _NOT_OF_TREES if rule.model == "network" else _NOT_OF_NETWORKS
        return Finding(rule.name, rule.origin, "unknown", critical, said, applies=False)
    parameters = {name: value for name, value in given.items() if name != CRITICAL}
    try:
        found = rule.check(
            Case(recording, rule.settings(parameters), now, other=other, machines=machines)
        )
    # A rule meets arbitrary files: whatever fails in one of them is that rule's answer alone.
    except Exception as error:
        log.exception("the rule %s failed", rule.name)
        found = Finding(
            rule.name,
            rule.origin,
            "unknown",
            critical,
            f"The rule failed on what was saved ({type(error).__name__}): {error}.",
            "The other rules are not touched. Tell whoever runs this dashboard: its log has more.",
        )
    return replace(found, rule=rule.name, origin=rule.origin, critical=critical)
