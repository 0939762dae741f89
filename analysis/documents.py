"""What do a verdict and a pairing look like as plain data, to be written as JSON?

The fields are a promise to whoever reads them by program: docs/cli.md lists them.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.coverage import Pairing
    from analysis.report import Report
    from analysis.verdict import Guardrail


def verdict_document(report: Report) -> dict[str, Any]:
    """Give the verdict of a report with all it rests on: window, pairing and policy."""
    verdict = report.verdict
    document: dict[str, Any] = plain(
        {
            "test": report.test,
            "decision": verdict.decision,
            "headline": verdict.headline,
            "guardrails": [_guardrail(guardrail) for guardrail in verdict.guardrails],
            "window": report.window,
            "pairing": _pairing(report.pairing),
            "policy": verdict.policy,
        }
    )
    return document


def pairs_document(report: Report) -> dict[str, Any]:
    """Give which answers found each other, in all and by block of time."""
    document: dict[str, Any] = plain(
        {
            "test": report.test,
            "production_variant": report.production,
            "shadow_variant": report.shadow,
            "window": report.window,
            **_pairing(report.pairing),
            "by_time": list(_by_time(report.pairing)),
        }
    )
    return document


def plain(value: Any) -> Any:
    """Give a value in the types that JSON has; what is no number (nan, infinite) becomes null.

    >>> plain({"low": float("-inf"), "n": np.int64(3), "ends": (0.5, float("nan"))})
    {'low': None, 'n': 3, 'ends': [0.5, None]}
    """
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return (
            [plain(each) for each in value.tolist()]
            if value.dtype.kind not in "Mm"
            else [plain(each) for each in value]
        )
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if dataclasses.is_dataclass(value):
        return {key.name: plain(getattr(value, key.name)) for key in dataclasses.fields(value)}
    if isinstance(value, np.datetime64):
        return f"{np.datetime_as_string(value, unit='s')}Z"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _guardrail(guardrail: Guardrail) -> dict[str, Any]:
    names = (
        *("name", "status", "value", "low", "high", "limit", "n", "unit", "sentence"),
        *("direction", "critical", "needed", "needed_unit"),
        *("needed_hours", "detectable"),
    )
    document = {name: getattr(guardrail, name) for name in names}
    return {**document, "needed_unit": guardrail.needed_unit or None}


def _pairing(pairing: Pairing) -> dict[str, Any]:
    names = (
        *("production", "shadow", "paired", "production_only", "shadow_only", "ambiguous"),
        *("collisions", "different_input", "expected", "share"),
    )
    return {
        **{name: getattr(pairing, name) for name in names},
        "by_method": {method.method: method.pairs for method in pairing.by_method},
    }


def _by_time(pairing: Pairing) -> Iterator[dict[str, Any]]:
    columns = {f.name: getattr(pairing.series, f.name) for f in dataclasses.fields(pairing.series)}
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))
