"""Laws of the words that rules use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.training.recording import Tensor
from analysis.training.rules.sentences import layers, number


@given(st.floats(-1e300, 1e300))
def test_a_number_is_read_as_it_was_meant(value: float):
    """What is written is within half a unit of the third digit of the number."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    text = number(value).replace(",", "").translate(raised)
    mantissa, _, power = text.partition(" × 10")
    read = float(f"{mantissa}e{power or 0}") if mantissa != "∞" else float("inf")
    assert abs(read - value) <= 0.0051 * abs(value) or abs(value) < 1e-320


def test_five_hundred_layers_stay_one_line():
    """However many layers are named, the sentence names four groups and counts the rest."""
    judged = [Tensor(f"l.{i}.weight", "weight", f"l.{i}", "weight", i) for i in range(500)]
    assert layers(judged, judged) == "l.0 to l.499"
    assert layers(judged[::2], judged) == "l.0, l.2, l.4, l.6 and 246 more"
