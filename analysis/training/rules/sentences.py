"""How are a rule's numbers, steps and tensors told in a sentence?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from analysis.scales import MINUS, THIN
from analysis.training.recording import Mode, Tensor

SHOWN = 4
"""So many groups of layers are named in a sentence; the rest are counted."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Write a number with three digits that count, a very small or large one as a power of ten.

    >>> number(1e-9), number(0.0123456), number(-2.5), number(31416), number(2.03e21)
    ('1 × 10⁻⁹', '0.0123', '−2.5', '31,400', '2.03 × 10²¹')
    """
    if math.isnan(value):
        return "not known"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if math.isinf(size):
        return sign + "∞"
    if size == 0:
        return "0"
    digits, power = f"{size:.2e}".split("e")
    if -4 < int(power) < 6:
        return sign + f"{float(f'{size:.3g}'):,.10f}".rstrip("0").rstrip(".")
    raised = str(int(power)).translate(_RAISED)
    return f"{sign}{float(digits):g} × 10{raised}"


def percent(value: float) -> str:
    """Write a percentage that is given as one.

    >>> percent(12.5) == f"12.5{THIN}%"
    True
    """
    return f"{number(value)}{THIN}%"


def many(n: int, noun: str) -> str:
    """Write a count with its noun.

    >>> many(1, "gradient"), many(1200, "step"), many(2, "loss"), many(3, "bias")
    ('1 gradient', '1,200 steps', '2 losses', '3 biases')
    """
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{n:,} {noun if n == 1 else plural}"


def place(mode: Mode, step: int) -> str:
    """Write a step and whose it is; of a script that set no mode, the step alone.

    >>> place("TRAIN", 30), place("GLOBAL", 1200)
    ('TRAIN step 30', 'step 1,200')
    """
    return f"step {step:,}" if mode == "GLOBAL" else f"{mode} step {step:,}"


def listed(words: Sequence[str]) -> str:
    """Put words in a row.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def layers(tensors: Iterable[Tensor], among: Iterable[Tensor]) -> str:
    """Name the layers of some tensors in network order, neighbours as one: ``fc.0 to fc.2``.

    Layers are neighbours where none ``among`` the tensors that were judged lies between them. A
    tensor that belongs to no layer is named itself. Of more than ``SHOWN`` groups the rest are
    counted.

    >>> judged = [Tensor(f"fc.{i}.weight", "weight", f"fc.{i}", "weight", i) for i in range(9)]
    >>> layers([judged[2], judged[0], judged[1], judged[7]], judged)
    'fc.0 to fc.2 and fc.7'
    >>> layers(judged[::2], judged)
    'fc.0, fc.2, fc.4, fc.6 and 1 more'
    """
    among, tensors = tuple(among), tuple(tensors)
    wanted = {label(tensor) for tensor in tensors}
    alone = {tensor.name for tensor in among if not tensor.layer}
    order = list(dict.fromkeys(label(tensor) for tensor in among))
    found = [at for at, name in enumerate(order) if name in wanted]
    cuts = [
        at + 1
        for at, (one, next_) in enumerate(pairwise(found))
        if next_ != one + 1 or order[one] in alone or order[next_] in alone
    ]
    groups = [
        [order[at] for at in found[first:last]] for first, last in pairwise([0, *cuts, len(found)])
    ]
    words = [
        listed(group) if len(group) < 3 else f"{group[0]} to {group[-1]}"
        for group in groups[:SHOWN]
    ]
    rest = sum(len(group) for group in groups[SHOWN:])
    return listed([*words, f"{rest:,} more"] if rest else words)


def label(tensor: Tensor) -> str:
    """Name a tensor by its layer, where it has one; what is a mere number is called a layer.

    >>> label(Tensor("Net_fc.1.bias", "bias", "fc.1")), label(Tensor("3.bias", "bias", "3"))
    ('fc.1', 'layer 3')
    """
    return f"layer {tensor.layer}" if tensor.layer.isdigit() else tensor.layer or tensor.name
