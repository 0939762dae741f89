"""Do a boosted model's trees grow too deep, and does it rest on few features?"""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np

from analysis.training.findings import Case, Finding, Parameter, Rule
from analysis.training.recording import Mode, Recording
from analysis.training.rules.sentences import listed, many, number, percent, place

_ID = "trees/ID"
_CHILDREN = ("trees/Yes", "trees/No")
NOT_BOOSTED = "It is XGBoost’s: the rule asks nothing of other frameworks."


def _tree_depth(case: Case) -> Finding:
    say = partial(Finding, rule="TreeDepth", origin="aws", critical=False)
    limit = case.settings.count("depth")
    found = _depths(case.recording) if case.recording else []
    if not found:
        return say(
            status="unknown",
            sentence="No tree was saved.",
            remedy=f"Save XGBoost’s collection “trees”. {NOT_BOOSTED}",
        )
    deep = [each for each in found if each[1] > limit]
    step, depth = deep[0] if deep else max(found, key=lambda each: each[1])
    deepest = max(each[1] for each in found)
    return say(
        status="fired" if deep else "not_fired",
        sentence=f"The tree of step {step:,} is {many(depth, 'level')} deep, and of "
        f"{many(len(found), 'saved step')} {len(deep):,} have trees deeper than {limit}; the "
        f"deepest has {deepest}."
        if deep
        else f"The deepest tree of {many(len(found), 'saved step')} has {many(depth, 'level')}; "
        f"{limit} are allowed.",
        remedy="Lower max_depth, or ask more of a split (gamma, min_child_weight): deep trees "
        "learn single samples by heart."
        if deep
        else "",
        first_step=step if deep else None,
        mode="GLOBAL" if deep else None,
        tensors=(_ID,) if deep else (),
        value=float(deepest),
        threshold=float(limit),
        unit="levels",
    )


def _depths(recording: Recording) -> list[tuple[int, int]]:
    """Step and depth of the deepest tree that was saved in it."""
    told = recording.statistics
    at = {tensor.name: index for index, tensor in enumerate(recording.tensors)}
    rows = {
        name: {(int(told.step[r]), int(told.worker[r])): int(r) for r in told.rows_of(at[name])}
        for name in (_ID, *_CHILDREN)
        if name in at
    }
    found: dict[int, int] = {}
    for place_, row in rows.get(_ID, {}).items():
        columns = [recording.value(row)]
        columns += [
            recording.value(rows[c][place_]) for c in _CHILDREN if place_ in rows.get(c, {})
        ]
        told_all = [[str(v) for v in c] for c in columns if c is not None and c.ndim == 1]
        if not told_all or not told_all[0]:
            continue
        depth = _depth(told_all) if len(told_all) == 3 else _least_depth(len(told_all[0]))
        found[place_[0]] = max(depth, found.get(place_[0], 0))
    return sorted(found.items())


def _depth(columns: list[list[str]]) -> int:
    """The longest way from a root to a leaf, by the names of the nodes and of their children.

    AWS prints the logarithm of the largest number of a node. XGBoost numbers nodes as it makes
    them, so that is the depth only of a full tree, and rounded up one too many of it.
    """
    children: dict[str, list[str]] = {}
    for node, *ends in zip(*columns, strict=True):
        children[node] = [end for end in ends if end and end != "nan"]
    below = {end for ends in children.values() for end in ends}
    level, depth = [node for node in children if node not in below], 0
    seen = set(level)
    while True:
        # a damaged table may name a node its own child: each is met once
        level = [e for node in level for e in children.get(node, ()) if e not in seen]
        seen |= set(level)
        if not level:
            return depth
        depth += 1


def _least_depth(nodes: int) -> int:
    """A binary tree of so many nodes has at least this depth."""
    return int(math.log2(max(nodes, 1)))


def _overweight(case: Case) -> Finding:
    say = partial(Finding, rule="FeatureImportanceOverweight", origin="aws", critical=False)
    settings = case.settings
    top, limit = settings.count("nfeatures"), settings.number("threshold")
    pattern = settings.text("tensor_regex")
    try:
        found = _importance(case.recording, pattern) if case.recording else {}
    except re.error as error:
        return say(status="unknown", sentence=f"“{pattern}” is no regular expression: {error}.")
    if not found:
        return say(
            status="unknown",
            sentence=f"No tensor whose name matches “{pattern}” was saved.",
            remedy=f"Save XGBoost’s collection “feature_importance”. {NOT_BOOSTED}",
        )
    shares = {
        key: sum(sorted(each.values())[-top:]) / sum(each.values())
        for key, each in found.items()
        if len(each) > top and sum(each.values()) > 0
    }
    few = (
        (f"Where a model has no more than {many(top, 'feature')} they hold all there is.",)
        if len(shares) < len(found)
        else ()
    )
    if not shares:
        return say(
            status="not_fired",
            sentence=f"The model uses no more than {many(top, 'feature')}.",
            explained=few,
        )
    over = [key for key, share in shares.items() if share > limit]
    key = over[0] if over else max(shares, key=lambda each: shares[each])
    largest = sorted(found[key], key=lambda name: -found[key][name])[:top]
    mode, step = key
    short = [name.rpartition("/")[2] for name in largest]
    return say(
        status="fired" if over else "not_fired",
        sentence=f"At {place(mode, step)} {listed(short)} hold {percent(100 * shares[key])} of the "
        f"weight of {many(len(found[key]), 'feature')}; {number(100 * limit)} % is the limit.",
        remedy="Check that these features are no copy of the label, and try the model without "
        "them: it stands or falls with them."
        if over
        else "",
        first_step=step if over else None,
        mode=mode if over else None,
        tensors=tuple(largest) if over else (),
        value=100 * shares[key],
        threshold=100 * limit,
        unit="%",
        explained=few,
    )


def _importance(recording: Recording, pattern: str) -> dict[tuple[Mode, int], dict[str, float]]:
    """By mode and step, in order: the importance of each feature."""
    wanted, told = re.compile(pattern), recording.statistics
    found: dict[tuple[Mode, int], dict[str, float]] = {}
    for at, tensor in enumerate(recording.tensors):
        if tensor.kind != "importance" or not wanted.match(tensor.name):
            continue
        for row in told.rows_of(at, "GLOBAL"):
            if np.isfinite(told.mean[row]):
                each = found.setdefault(("GLOBAL", int(told.step[row])), {})
                each[tensor.name] = float(told.mean[row])
    return dict(sorted(found.items()))


RULES: tuple[Rule, ...] = (
    Rule(
        "TreeDepth",
        "aws",
        "Are the trees too deep?",
        _tree_depth,
        (Parameter("depth", 4, "the most levels below the root", "levels", 1),),
        model="trees",
    ),
    Rule(
        "FeatureImportanceOverweight",
        "aws",
        "Does the model rest on a few features?",
        _overweight,
        (
            Parameter("threshold", 0.8, "the most that the largest may hold together", "", 0, 1),
            Parameter("nfeatures", 3, "so many, the largest", "features", 1),
            Parameter("tensor_regex", ".*feature_importance/weight", "whose importance"),
        ),
        model="trees",
    ),
)
