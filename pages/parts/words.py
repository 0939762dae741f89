"""How are checks, statuses and states called on the page?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.resources import CAPTURE_STOPS_AT
from analysis.training.grids import LARGE, NOT_FINITE, SMALL
from analysis.training.rules.sentences import number

if TYPE_CHECKING:
    from analysis.interruptions import Interruption
    from analysis.training.grids import Family, Measure

CHECKS = {
    "agreement": "Agreement",
    "label_shift": "Label shift",
    "score_bias": "Score bias",
    "prediction_drift": "Prediction drift",
    "p50_latency": "p50 latency",
    "p99_latency": "p99 latency",
    "4xx_errors": "4xx errors",
    "5xx_errors": "5xx errors",
    "model_errors": "Model errors",
    "slices": "Worst slice",
    "unreadable": "Unreadable rows",
    "pairing": "Pairing",
    "sample_ratio": "Sample ratio (p)",
    "pairs": "Pairs",
    "hours_of_week": "Hours of the week",
    "days": "Days",
    "weekday_pairs": "Pairs, weekdays",
    "weekend_pairs": "Pairs, weekends",
    "day_pairs": "Pairs by day",
    "night_pairs": "Pairs by night",
    "training": "Training",
}
# These measure shadow minus production: their values carry a sign.
DIFFERENCES = {
    *("label_shift", "score_bias", "p50_latency", "p99_latency"),
    *("4xx_errors", "5xx_errors", "model_errors"),
}
ERRORS = {"4xx_errors": "4xx", "5xx_errors": "5xx", "model_errors": "Model errors"}
STATUSES = {
    "ok": "within",
    "breach": "over limit",
    "inconclusive": "inconclusive",
    "no_data": "no data",
}
# What an interval has said of its limit without a break.
SINCE = {"ok": "within its limit", "breach": "outside its limit"}
STATUS_SIGNS = {"ok": "✓", "breach": "✕", "inconclusive": "○", "no_data": "–"}
DECISIONS = {"promote": "Promote", "hold": "Hold", "reject": "Reject"}
DRIFT_STATES = {
    "drift": "◆ drift",
    "none": "✓ no drift",
    "cannot_tell": "○ can't tell",
    "no_data": "– no data",
}
# What a value did that breaks a constraint of Model Monitor.
BROKEN = {
    "completeness_check": "missing",
    "data_type_check": "of another type",
    "categorical_values_check": "in no known category",
    "is_non_negative": "below 0",
}
KINDS = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "a number",
    "multilabel": "several labels at once",
    "multioutput": "several numbers",
    "ranking": "an order of items",
    "text": "free text",
    "json": "named fields",
}
METHODS = {
    "inference_id": "inference id",
    "event_id": "event id",
    "input": "same input, nearest time",
    "log": "one line of the log",
}
MEASURES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "macro_precision": "Precision, mean of classes",
    "macro_recall": "Recall, mean of classes",
    "macro_f1": "F1, mean of classes",
    "auc": "Area under the ROC curve",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "ece": "Calibration error",
    "rmse": "Root mean square error",
    "mae": "Mean absolute error",
    "bias": "Bias",
}
MEASURE_STATES = {
    "better": "▲ better",
    "worse": "▼ worse",
    "different": "◆ different",
    "unclear": "○ unclear",
    "no_data": "– no data",
}
FINDINGS = {"fired": "✕ fired", "unknown": "○ can't tell", "not_fired": "✓ not fired"}
RULES_OF = {"aws": "AWS’s rule", "understudy": "Understudy’s rule", "custom": "your rule"}
# How AWS calls what its own rules found, in DescribeTrainingJob.
EVALUATIONS = {
    "IssuesFound": "✕ issues found",
    "NoIssuesFound": "✓ no issues found",
    "InProgress": "○ in progress",
    "Error": "○ failed",
    "Stopping": "○ stopping",
    "Stopped": "○ stopped",
}
LIMITS = {"at_least": "≥ ", "at_most": "≤ ", "within": "± "}
UTILISATIONS = {
    "cpu": "CPU",
    "memory": "Memory",
    "gpu": "GPU",
    "gpu_memory": "GPU memory",
    "disk": "Disk",
}
# Of what a utilisation is a share: of all that one instance has, else of one core or GPU.
PARTS_OF_AN_INSTANCE = {
    "cpu": "% of an instance's cores",
    "memory": "% of an instance's memory",
    "gpu": "% of an instance's GPUs",
    "gpu_memory": "% of an instance's GPU memory",
    "disk": "% of an instance's disk",
}
PARTS_OF_ONE = {"cpu": "% of one core", "gpu": "% of one GPU", "gpu_memory": "% of one GPU's"}

FAMILIES = {"gradient": "Gradients", "weight": "Weights", "activation": "Activations"}
MEASURES_OF_TENSORS = {
    "norm": "Norm ‖x‖",
    "mean_abs": "Mean |x|",
    "zeros": "Share of zeros",
    "non_finite": "Share not finite",
    "update": "Update ‖ΔW‖ / ‖W‖",
}
CELL_SIGNS = {SMALL: "▽", LARGE: "▲", NOT_FINITE: "✕"}

PANELS = {
    "cpu": "CPU",
    "gpu": "GPU",
    "gpu_memory": "GPU memory",
    "memory": "Memory",
    "io_wait": "Waiting for the disk",
    "disk": "Disk",
    "network": "Network",
}
PARTS_OF_A_PANEL = {"cpu": "cores", "io_wait": "cores", "gpu": "GPUs", "gpu_memory": "GPUs"}
PART_OF = {
    "CPU": "core",
    "I/O wait": "core",
    "GPU": "GPU",
    "GPU memory": "GPU",
    "Received": "network",
    "Sent": "network",
}
DASHES = {"solid": "solid", "dash": "dashed", "dot": "dotted", "dashdot": "dash-dotted"}
# What a stretch of time is called in which a GPU waits.
HELD_UP = {"cpu": "GPU idle, CPU full", "io": "GPU idle, disk awaited"}
ACTIONS = {
    "promote": "Promote",
    "rollback": "Roll back",
    "abort": "Abort",
    "repair": "Repair",
    "complete_experiment": "Complete the experiment",
    "cancel_experiment": "Cancel the experiment",
    "resample": "Change the sampling",
    "extend_experiment": "Extend the experiment",
    "start_shadow": "Start a shadow test",
    "blue_green": "Promote over a green endpoint",
    "remove_green": "Remove a green endpoint",
    "remove_alarms": "Remove alarms of an update",
    "shift_weights": "Shift weights",
    "promote_alias": "Move the alias",
    "promote_stage": "Move the stage",
    "stop_training": "Stop a training",
    "publish": "Publish the comparison",
}
# What came of a change.
OUTCOMES = {
    "done": "done",
    "failed": "not done",
    "unfinished": "going on",
    "asked": "asked for",
}
OUTCOME_SIGNS = {"done": "✓", "failed": "✕", "unfinished": "○", "asked": "?"}


def interruption(found: Interruption) -> str:
    """Say when captures of a variant were missing, or may have been."""
    start, end = found.start, found.end
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%d %b %H:%M}"
    when = f"{start:%d %b %H:%M} to {last} UTC"
    if found.kind == "disk":
        full = f"{100 * CAPTURE_STOPS_AT:.0f}\u202f%"
        return f"a disk of {found.variant} more than {full} full, {when}"
    return f"nothing captured of {found.variant}, {when}, about {found.missing:,.0f} rows missing"


def cell_state(state: int, family: Family, measure: Measure) -> str:
    """Say what is wrong with a value of a tensor.

    >>> cell_state(SMALL, "gradient", "norm"), cell_state(SMALL, "activation", "norm")
    ('vanished', 'all zero')
    """
    if state == NOT_FINITE:
        return "not finite"
    if measure == "update":
        return "hardly updated" if state == SMALL else "overwritten"
    if state == LARGE:
        return "exploding"
    return "vanished" if family == "gradient" else "all zero"


def tensor_measure(measure: Measure, family: Family) -> str:
    """Name a measure of a family of tensors.

    >>> tensor_measure("norm", "gradient"), tensor_measure("zeros", "weight")
    ('Norm ‖g‖', 'Share of zeros')
    """
    symbol = {"gradient": "g", "weight": "W", "activation": "a"}[family]
    return MEASURES_OF_TENSORS[measure].replace("x", symbol)


def measured(value: float, measure: Measure) -> str:
    """Write a measure of a tensor: a share in percent, all else with three digits that count.

    >>> measured(0.125, "zeros"), measured(2.1e-11, "norm")
    ('12.5\u202f%', '2.1 × 10⁻¹¹')
    """
    if math.isnan(value):
        return "no data"
    return f"{number(100 * value)}\u202f%" if measure in ("zeros", "non_finite") else number(value)


def times(ratio: float) -> str:
    """Write a ratio of two sizes.

    >>> times(1.234), times(float("inf"))
    ('1.23 times', 'is not 0 as is')
    """
    return f"{number(ratio)} times" if math.isfinite(ratio) else "is not 0 as is"


def pace(per_second: float) -> tuple[float, str]:
    """Choose the unit in which a rate is read with ease: its factor and its name.

    >>> pace(0.02)
    (60.0, 'a minute')
    """
    if per_second < 1 / 60:
        return 3600.0, "an hour"
    return (1.0, "a second") if per_second >= 1 else (60.0, "a minute")
