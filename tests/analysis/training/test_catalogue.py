"""Does the catalogue ask every rule, and does none keep the others silent?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.training import catalogue
from analysis.training.catalogue import RULES, judge
from tests.analysis.training.recorded import only_reductions, recording
from tests.analysis.training.trained import of_losses


def test_every_rule_answers_once_in_its_order():
    """One finding a rule, by its name, whoever asks."""
    found = judge(of_losses([2.0, 1.0]), None, now=0.0)
    assert [finding.rule for finding in found] == list(RULES)


@pytest.mark.parametrize(
    "made",
    [
        None,
        recording({}),
        recording({"x": {("TRAIN", 0): np.array(["a", "b"])}}),
        recording({"trees/ID": {("GLOBAL", 0): np.zeros((2, 2))}, "labels": {("EVAL", 1): 3}}),
        only_reductions(of_losses([2.0, np.nan, np.inf], [0.0])),
    ],
    ids=["nothing", "empty", "texts", "odd shapes", "reductions of no numbers"],
)
def test_no_rule_fails_on_odd_recordings(made, caplog: pytest.LogCaptureFixture):
    """A rule that can't tell says so by itself, not by failing."""
    found = judge(made, None, now=0.0)
    assert not caplog.records
    assert all(finding.sentence for finding in found)
    assert all(finding.status != "fired" or finding.tensors for finding in found if made is None)


def test_a_rule_that_fails_is_one_that_cannot_tell(monkeypatch: pytest.MonkeyPatch):
    """A sentence with what went wrong; the others answer."""

    def fails(case):
        raise ZeroDivisionError("by 0")

    broken = replace(RULES["Overfit"], check=fails)
    monkeypatch.setitem(catalogue.RULES, "Overfit", broken)
    found = {finding.rule: finding for finding in judge(None, None, now=0.0)}
    assert found["Overfit"].status == "unknown"
    assert "ZeroDivisionError" in found["Overfit"].sentence
    assert "Traceback" not in found["Overfit"].sentence
    assert len(found) == len(RULES)


def test_settings_reach_their_rule_and_its_weight():
    """A parameter, and whether it is critical."""
    settings = {"StalledTraining": {"threshold": 5.0, "critical": True}}
    made = recording({"loss": {("TRAIN", 0): 1.0}}, ended=False, started=100.0)
    found = {f.rule: f for f in judge(made, None, settings=settings, now=106.0)}
    assert found["StalledTraining"].status == "fired"
    assert found["StalledTraining"].critical
    plain = {f.rule: f for f in judge(made, None, now=106.0)}
    assert plain["StalledTraining"].status == "not_fired"
    assert not plain["StalledTraining"].critical


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"Overfitt": {"patience": 2}}, "did you mean 'Overfit'"),
        ({"Overfit": {"patiense": 2}}, "did you mean 'patience'"),
        ({"Overfit": {"zzz": 2}}, "there are start_step, patience"),
    ],
)
def test_a_wrong_name_is_told_with_those_there_are(settings: dict, said: str):
    """A misspelt threshold never silently keeps its default."""
    with pytest.raises(ValueError, match=said):
        judge(None, None, settings=settings, now=0.0)


def test_every_parameter_has_a_default_within_its_bounds():
    """What a page offers can be chosen."""
    for rule in RULES.values():
        for parameter in rule.parameters:
            assert parameter.meaning, rule.name
            if isinstance(parameter.default, int | float):
                low, high = parameter.low, parameter.high
                assert low is None or parameter.default >= low, (rule.name, parameter.name)
                assert high is None or parameter.default <= high, (rule.name, parameter.name)


def test_a_rule_is_not_asked_of_another_kind_of_model():
    """Trees have no gradients and networks no trees: neither is unknown for want of saving."""
    values = {("TRAIN", s): np.ones((2, 2)) * s for s in range(3)}
    network = recording({"Net_fc.weight": values, "gradient/Net_fc.weight": values})
    trees = recording({"feature_importance/weight/f0": {("GLOBAL", 0): 1.0}})
    losses = recording({"loss": {("TRAIN", 0): 1.0}})
    left_out = [
        {f.rule for f in judge(made, None, now=0.0) if not f.applies}
        for made in (network, trees, losses)
    ]
    assert left_out[0] == {"TreeDepth", "FeatureImportanceOverweight"}
    assert {"VanishingGradient", "DeadRelu", "WeightUpdateRatio"} <= left_out[1]
    assert not left_out[1] & {"ExplodingTensor", "Overfit", "TreeDepth"}
    assert left_out[2] == set()
    assert all(f.status == "unknown" for f in judge(trees, None, now=0.0) if f.rule in left_out[1])
