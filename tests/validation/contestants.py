"""Which features does a peer call drift, by its defaults? ``contestants.py PEER FOLDER``.

It runs in the peer's own environment, so nothing of this project is imported. The folder holds
reference.npy and current.npy, columns (k, n) and (k, m); whole numbers are categories. The last
line printed is the list of what each feature was called, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path


def columns(folder: str):
    """Both samples, and whether they are categories."""
    import numpy as np

    reference, current = (
        np.load(Path(folder) / f"{name}.npy") for name in ("reference", "current")
    )
    return reference, current, reference.dtype.kind == "i"


def frames(folder: str):
    """Both samples as frames; categories are texts."""
    import pandas as pd

    reference, current, categories = columns(folder)
    return [
        pd.DataFrame(
            {f"f{i}": part.astype(str) if categories else part for i, part in enumerate(side)}
        )
        for side in (reference, current)
    ]


def evidently(folder: str) -> list[bool]:
    """The default report on drift: a p-value below its threshold, or a distance from it on."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    reference, current = frames(folder)
    found = {}
    for metric in Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]:
        config = metric["config"]
        if "column" in config:
            value, limit = float(metric["value"]), config["threshold"]
            by_p = config["method"].endswith("p_value")
            found[config["column"]] = value < limit if by_p else value >= limit
    return [bool(found[name]) for name in reference]


def nannyml(folder: str) -> list[bool]:
    """The univariate calculator with its default ten chunks: an alert in any of them."""
    from nannyml import UnivariateDriftCalculator

    reference, current = frames(folder)
    calculator = UnivariateDriftCalculator(column_names=list(reference)).fit(reference)
    table = calculator.calculate(current).filter(period="analysis").to_df()
    return [bool(table[name].xs("alert", axis=1, level=-1).to_numpy().any()) for name in reference]


def alibi_detect(folder: str) -> list[bool]:
    """The tabular detector, feature by feature at its default 5 %."""
    from alibi_detect.cd import TabularDrift

    reference, current, categories = columns(folder)
    given = {"categories_per_feature": dict.fromkeys(range(len(reference)))} if categories else {}
    detector = TabularDrift(reference.T, p_val=0.05, **given)
    found = detector.predict(current.T, drift_type="feature")["data"]["is_drift"]
    return [bool(each) for each in found]


if __name__ == "__main__":
    os.environ["DO_NOT_TRACK"] = "1"
    warnings.simplefilter("ignore")
    sys.stdout.write("\n" + json.dumps(globals()[sys.argv[1]](sys.argv[2])) + "\n")
