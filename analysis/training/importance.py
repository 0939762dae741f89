"""On which features does a boosted model rest, round by round?

XGBoost's hook saves ``feature_importance/gain/f9``: one number a feature, kind and round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import Recording

_PREFIX = "feature_importance/"


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """How much of all importance each feature has, shape (features, rounds).

    ``kind`` is XGBoost's: ``gain``, ``weight`` (how often a feature is split on), ``cover``, …
    Features come in the order of their share in the last round. A feature that no tree used in a
    round has no number there: its share is 0.
    """

    kind: str
    features: tuple[str, ...]
    step: NDArray[np.int64]
    share: NDArray[np.float64]


def importances(recording: Recording) -> tuple[Importance, ...]:
    """Each kind of importance that was saved; () for a training that was not boosted."""
    told = recording.statistics
    of: dict[str, list[tuple[str, int]]] = {}
    for at, tensor in enumerate(recording.tensors):
        if tensor.kind == "importance" and tensor.name.count("/") > 1:
            kind, _, feature = tensor.name.removeprefix(_PREFIX).partition("/")
            of.setdefault(kind, []).append((feature, at))
    found = []
    for kind, features in of.items():
        rows = {at: told.rows_of(at) for _, at in features}
        steps = np.unique(np.concatenate([told.step[each] for each in rows.values()]))
        value = np.zeros((len(features), len(steps)))
        for number, (_, at) in enumerate(features):
            value[number, np.searchsorted(steps, told.step[rows[at]])] = told.mean[rows[at]]
        whole = value.sum(axis=0)
        share = np.divide(value, whole, out=np.full(value.shape, np.nan), where=whole > 0)
        order = np.argsort(-np.nan_to_num(share[:, -1]), kind="stable")
        found.append(Importance(kind, tuple(features[at][0] for at in order), steps, share[order]))
    return tuple(found)
