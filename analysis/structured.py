"""When do two answers of several parts agree, and where do they differ?

One rule for each kind of answer. What cannot be read as that kind is not comparable, which is not
the same as different.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from analysis import fields, label_sets, parsed, rankings, texts
from analysis.fields import FieldState
from analysis.parsed import LabelSet
from analysis.policy import PredictionKind
from analysis.rankings import Ranking

MEASURES: dict[PredictionKind, tuple[str, ...]] = {
    "text": ("similarity", "exact", "normalised", "letters", "length_ratio", "length_change"),
    "ranking": ("overlap", "top_1", "rbo", "tau"),
    "multilabel": ("jaccard", "exact", "hamming"),
    "multioutput": ("within",),
    "json": ("same_fields",),
}
"""What is measured of every pair, by kind; the first is the one the rule is about."""

RANGES: dict[str, tuple[float, float]] = {
    **{name: (0.0, 1.0) for names in MEASURES.values() for name in names},
    "tau": (-1.0, 1.0),
    "length_ratio": (0.0, math.inf),
    "length_change": (-math.inf, math.inf),
    "meaning": (-1.0, 1.0),
}
"""Between which values each measure lies."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When two answers are the same: the limits of each kind, of which one is used."""

    kind: PredictionKind
    tolerance: float = 0.0
    top_k: int = 10
    min_overlap: float = 0.8
    min_similarity: float = 0.9
    threshold: float = 0.5
    labels: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    embeddings: str = ""

    @property
    def sentence(self) -> str:
        """The rule in words, to follow "Answers agree when"."""
        tolerance = f"{100 * self.tolerance:g} %"
        return {
            "text": f"their words are alike to {self.min_similarity:g} or more",
            "ranking": f"{100 * self.min_overlap:g} % of their first {self.top_k} are common",
            "multilabel": "they name the very same labels",
            "multioutput": f"every number is within {tolerance} of production's",
            "json": f"every field is the same, numbers within {tolerance} of production's"
            + (", but for the ignored" if self.ignore else ""),
        }[self.kind]

    @property
    def limit(self) -> float:
        """From which value of the kind's first measure on two answers agree."""
        return {"text": self.min_similarity, "ranking": self.min_overlap}.get(self.kind, 1.0)


@dataclass(frozen=True, slots=True)
class Likeness:
    """One pair of answers: whether they agree, what was measured, and the state of each field.

    ``measures`` stand in the order of ``MEASURES``; one that does not apply is nan. ``cut`` says
    that an answer was too long to be compared whole.
    """

    agreed: bool
    measures: tuple[float, ...]
    fields: tuple[FieldState, ...] = ()
    cut: bool = False


def compare(production: str, shadow: str, rules: Rules, ignore: fields.Ignore) -> Likeness | None:
    """Compare two answers as they were captured; None where one is not of the kind.

    Parameters
    ----------
    production, shadow : str
        A text, or JSON.
    rules : Rules
    ignore : Ignore
        Of ``rules.ignore``, made once for many pairs.
    """
    if rules.kind == "text":
        return _texts(production, shadow, rules)
    if rules.kind == "json":
        left, right = parsed.document(production), parsed.document(shadow)
        known = left is not parsed.NOT_JSON and right is not parsed.NOT_JSON
        return _documents(left, right, rules, ignore) if known else None
    if rules.kind == "ranking":
        first, second = parsed.items(production), parsed.items(shadow)
        return None if first is None or second is None else _rankings(first, second, rules)
    if rules.kind == "multilabel":
        mine, theirs = (
            parsed.label_set(text, threshold=rules.threshold, names=rules.labels)
            for text in (production, shadow)
        )
        return None if mine is None or theirs is None else _label_sets(mine, theirs)
    one, other = (parsed.outputs(text, rules.labels) for text in (production, shadow))
    return None if one is None or other is None else _outputs(one, other, rules)


def _texts(production: str, shadow: str, rules: Rules) -> Likeness:
    found = texts.compare(production, shadow)
    measured = (
        *(found.similarity, float(found.exact), float(found.normalised), found.letters),
        *(found.length_ratio, float(found.length_change)),
    )
    return Likeness(found.similarity >= rules.min_similarity, measured, cut=found.cut)


def _rankings(production: Ranking, shadow: Ranking, rules: Rules) -> Likeness:
    found = rankings.compare(production, shadow, top_k=rules.top_k)
    places = []
    before, after = production.items[: rules.top_k], shadow.items[: rules.top_k]
    for at in range(max(len(before), len(after))):
        state: fields.State = "only_production" if at >= len(after) else "only_shadow"
        if at < min(len(before), len(after)):
            state = "same" if before[at] == after[at] else "differs"
        places.append(FieldState(f"place {at + 1}", state, math.nan))
    return Likeness(
        found.overlap >= rules.min_overlap,
        (found.overlap, float(found.top_1), found.rbo, found.tau),
        tuple(places),
        cut=max(len(production.items), len(shadow.items)) >= rankings.DEEPEST,
    )


def _label_sets(production: LabelSet, shadow: LabelSet) -> Likeness:
    of = production.of if production.of == shadow.of else None
    found = label_sets.compare(production.labels, shadow.labels, labels=of)
    states = [
        *(FieldState(label, "same", math.nan) for label in production.labels & shadow.labels),
        *(FieldState(label, "only_production", math.nan) for label in found.lost),
        *(FieldState(label, "only_shadow", math.nan) for label in found.gained),
    ]
    states.sort(key=lambda each: each.name)
    return Likeness(found.exact, (found.jaccard, float(found.exact), found.hamming), tuple(states))


def _outputs(production: dict[str, float], shadow: dict[str, float], rules: Rules) -> Likeness:
    states = []
    for name in dict.fromkeys((*production, *shadow)):
        state: fields.State = "only_production" if name in production else "only_shadow"
        delta = math.nan
        if name in production and name in shadow:
            same = fields.same_value(production[name], shadow[name], rules.tolerance)
            state, delta = "same" if same else "differs", shadow[name] - production[name]
        states.append(FieldState(name, state, delta))
    return _by_fields(states)


def _documents(production: Any, shadow: Any, rules: Rules, ignore: fields.Ignore) -> Likeness:
    states, cut = fields.compare(production, shadow, tolerance=rules.tolerance, ignore=ignore)
    return _by_fields(states, cut=cut)


def _by_fields(states: list[FieldState], *, cut: bool = False) -> Likeness:
    same = sum(each.state == "same" for each in states)
    share = same / len(states) if states else 1.0
    return Likeness(same == len(states), (share,), tuple(states), cut)
