"""What does Model Monitor write of a demo test? Its baseline, and a report of every day.

Statistics, constraints and violations are computed from the test's own training rows and requests,
in the form of the real files; of the checks, completeness, categories and baseline drift are made.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sketches import SHRINKING
from analysis.sorted_samples import ks_distance, overlay, sort_sample
from demo.kll import SIZE, levels_of
from demo.traffic import HOUR_MS, OK, ShadowTest

DAYS = 3
THRESHOLD = 0.1
_BUCKETS = 10
_UNMET = "Value: {} does not meet the constraint requirement!"
_MOVED = "Baseline drift distance: {} exceeds threshold: {}"

Columns = dict[str, list[str]]


def write(folder: Path, test: ShadowTest, *, end_ms: int, rng: np.random.Generator) -> None:
    """The baseline into ``baseline/``, a day's violations into ``reports/endpoint/schedule/…``."""
    baseline = _columns(test.features, list(csv.reader(io.StringIO(test.baseline)))[1:])
    statistics, constraints = about(baseline, rng), keep_to(baseline)
    _json(folder / "baseline" / "statistics.json", statistics)
    _json(folder / "baseline" / "constraints.json", constraints)
    answered = test.production_answers.status == OK
    for day in range(DAYS):
        until = end_ms - day * 24 * HOUR_MS
        inside = answered & (test.time_ms >= until - 24 * HOUR_MS) & (test.time_ms < until)
        rows = [
            ["" if value is None else str(value) for value in instance.values()]
            for at in np.flatnonzero(inside)
            for instance in json.loads(test.inputs[at])["instances"]
        ]
        hour = datetime.fromtimestamp(until / 1_000, UTC)
        place = folder / "reports" / test.name / "daily" / f"{hour:%Y/%m/%d/%H}"
        found = violations(baseline, constraints, _columns(test.features, rows)) if rows else []
        _json(place / "constraint_violations.json", {"violations": found})


def about(columns: Columns, rng: np.random.Generator) -> dict[str, Any]:
    """The contents of statistics.json."""
    rows = max(map(len, columns.values()), default=0)
    features = [_statistics(name, cells, rng) for name, cells in columns.items()]
    return {"version": 0.0, "dataset": {"item_count": rows}, "features": features}


def keep_to(columns: Columns) -> dict[str, Any]:
    """The contents of constraints.json, as they are suggested from training data."""
    features = []
    for name, cells in columns.items():
        present = [cell for cell in cells if cell]
        kind = _kind(present)
        feature: dict[str, Any] = {
            "name": name,
            "inferred_type": kind,
            "completeness": len(present) / len(cells),
        }
        if kind == "String":
            feature["string_constraints"] = {"domains": list(dict.fromkeys(present))}
        else:
            feature["num_constraints"] = {"is_non_negative": min(map(float, present)) >= 0}
        features.append(feature)
    config = {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": THRESHOLD,
            "comparison_method": "Simple",
            "categorical_comparison_threshold": THRESHOLD,
            "categorical_drift_method": "LInfinity",
        },
    }
    return {"version": 0.0, "features": features, "monitoring_config": config}


def violations(
    baseline: Columns, constraints: dict[str, Any], current: Columns
) -> list[dict[str, str]]:
    """What a monitoring execution reports of some requests."""
    found = []

    def report(name: str, check: str, description: str) -> None:
        found.append(
            {"feature_name": name, "constraint_check_type": check, "description": description}
        )

    for feature in constraints["features"]:
        name = feature["name"]
        cells = current[name]
        before, now = ([cell for cell in side[name] if cell] for side in (baseline, current))
        if len(now) / len(cells) < feature["completeness"]:
            report(name, "completeness_check", _UNMET.format(len(now) / len(cells)))
        if not now:
            continue
        if feature["inferred_type"] == "String":
            known = sum(cell in feature["string_constraints"]["domains"] for cell in now) / len(now)
            if known < 1:
                report(name, "categorical_values_check", _UNMET.format(known))
            then, after = Counter(before), Counter(now)
            distance = max(
                abs(then[v] / len(before) - after[v] / len(now)) for v in {*then, *after}
            )
        else:
            sides = (sort_sample([float(cell) for cell in side]).values for side in (before, now))
            distance = ks_distance(overlay(*sides))
        if distance > THRESHOLD:
            report(name, "baseline_drift_check", _MOVED.format(distance, THRESHOLD))
    return found


def _columns(names: tuple[str, ...], rows: list[list[str]]) -> Columns:
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _kind(present: list[str]) -> str:
    try:
        numbers = [float(cell) for cell in present]
    except ValueError:
        return "String"
    return "Integral" if all(number.is_integer() for number in numbers) else "Fractional"


def _statistics(name: str, cells: list[str], rng: np.random.Generator) -> dict[str, Any]:
    present = [cell for cell in cells if cell]
    common = {"num_present": len(present), "num_missing": len(cells) - len(present)}
    kind = _kind(present)
    if kind == "String":
        counted = [{"value": value, "count": n} for value, n in Counter(present).items()]
        held: dict[str, Any] = {"common": common, "distinct_count": float(len(counted))}
        held["distribution"] = {"categorical": {"buckets": counted}}
        return {"name": name, "inferred_type": kind, "string_statistics": held}
    values = np.array(present, dtype=np.float64)
    levels = levels_of(values, rng)
    edges = np.linspace(values.min(), values.max(), _BUCKETS + 1)
    weights = np.concatenate([np.full(len(level), 2**h) for h, level in enumerate(levels)])
    counts, _ = np.histogram(np.concatenate(levels), edges, weights=weights)
    held = {
        "common": common,
        "mean": float(values.mean()),
        "sum": float(values.sum()),
        "std_dev": float(values.std()),
        "min": float(values.min()),
        "max": float(values.max()),
        "distribution": {
            "kll": {
                "buckets": [
                    {"lower_bound": low, "upper_bound": high, "count": float(n)}
                    for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True)
                ],
                "sketch": {
                    "parameters": {"c": SHRINKING, "k": float(SIZE)},
                    "data": [level.tolist() for level in levels],
                },
            }
        },
    }
    return {"name": name, "inferred_type": kind, "numerical_statistics": held}


def _json(path: Path, contents: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
