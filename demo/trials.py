"""How did the demo's fraud models train? One soundly, one in its last layers only, one blows up.

All three are trained here, in a fraction of a second, so that their gradients are real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from demo import profiler
from demo.hook import LOSS, Hook

_FEATURES, _MODEL = 10, "FraudNet"
_STEP_S = 2.7
_EVALUATED = 20  # TRAIN steps between two evaluations
_RUNAWAY = 1e6  # a job whose loss is so large is as far as it is: soon it will be infinite


@dataclass(frozen=True, slots=True)
class Network:
    """A fully connected network; ``slope`` is that of its activation, from its output."""

    activations: str  # the name of their collection
    inputs: bool  # whether what goes into them is saved beside what comes out
    depth: int
    width: int
    gain: float  # of the initial weights
    activate: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Training:
    """A training job; ``rate`` is the learning rate at a step, ``every`` the save interval.

    ``activations_every`` is that of the activations. A job without ``hours_ago`` still runs.
    """

    job: str
    network: Network
    rate: Callable[[int], float]
    rows: int
    every: int
    activations_every: int
    description: str
    steps: int = 200
    workers: int = 1
    hours_ago: float | None = None
    fetching_s: float = 8.0
    starved: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """When a job began, saved its last step and ended (seconds since 1970; None: it still runs)."""

    job: str
    description: str
    workers: int
    began: float
    last: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class _Saved:
    """What the workers save of one step; ``step`` counts over both modes."""

    mode: Literal["TRAIN", "EVAL"]
    mode_step: int
    step: int
    tensors: tuple[dict[str, np.ndarray], ...]


_RELU = Network(
    activations="relu",
    inputs=False,
    depth=4,
    width=8,
    gain=2**0.5,
    activate=lambda z: np.maximum(z, 0),
    slope=lambda a: (a > 0).astype(np.float32),
)
_SIGMOID = Network(
    activations="sigmoid",
    inputs=True,
    depth=10,
    width=24,
    gain=1.0,
    activate=lambda z: 1 / (1 + np.exp(-z)),
    slope=lambda a: a * (1 - a),
)
_LEAKY = Network(
    activations="leaky_relu",
    inputs=False,
    depth=4,
    width=16,
    gain=2**0.5,
    activate=lambda z: np.where(z > 0, z, 0.1 * z),
    slope=lambda a: np.where(a > 0, 1.0, 0.1).astype(np.float32),
)
# Rows times width is kept below what BLAS shares out over threads: on a busy machine waiting for
# them takes longer than all the rest.
TRAININGS = (
    Training(
        job="fraud-net-production",
        network=_RELU,
        rate=lambda step: 0.05,
        rows=1100,
        every=10,
        activations_every=100,
        description="The model in production: October's payments, two workers",
        workers=2,
        hours_ago=41 * 24,
    ),
    Training(
        job="fraud-net-shadow",
        network=_SIGMOID,
        rate=lambda step: 0.005,
        rows=256,
        every=10,
        activations_every=100,
        description="The shadow: November's payments, a deeper network",
        hours_ago=9 * 24,
        fetching_s=60.0,
        starved=True,
    ),
    Training(
        job="fraud-net-next",
        network=_LEAKY,
        # a schedule that was to lower the rate from step 40 on, and raises it
        rate=lambda step: 0.06 * 1.15 ** max(0, step - 40),
        rows=512,
        every=1,
        activations_every=20,
        description="The next try, still in training",
    ),
)
OF_A_TEST = {"fraud-scores": ("fraud-net-production", "fraud-net-shadow")}


def write(folder: Path, *, end_ms: int, seed: int) -> tuple[Trained, ...]:
    """Write ``folder/JOB/{debug,profiler}-output`` of each training.

    One that still runs saves its last step at ``end_ms``. All see the same payments, and draw
    their weights alike.
    """
    return tuple(
        _write(training, folder / training.job, end_ms / 1_000, seed) for training in TRAININGS
    )


def _write(training: Training, folder: Path, end: float, seed: int) -> Trained:
    saved = list(_train(training, np.random.default_rng([seed, 99])))
    last = end - 3_600 * (training.hours_ago or 0)
    began = last - _STEP_S * saved[-1].step
    every = dict.fromkeys(("weights", "biases", "gradients", "losses"), training.every)
    every[training.network.activations] = training.activations_every
    for rank in range(training.workers):
        hook = Hook(folder / "debug-output", f"worker_{rank}", training.workers, every)
        for each in saved:
            # a worker is a little behind the first
            time = began + _STEP_S * each.step + 0.04 * rank
            hook.save(each.mode, each.mode_step, each.step, each.tensors[rank], time)
        hook.describe(list(saved[0].tensors[rank]))
    ended = None if training.hours_ago is None else last + _STEP_S
    if ended is not None:
        (folder / "debug-output" / "training_job_end.ts").touch()
    run = training.steps if ended is not None else saved[-1].mode_step + 1
    profiler.write(
        folder / "profiler-output",
        steps=[began + _STEP_S * (step + step // _EVALUATED) for step in range(run)],
        begun=began - training.fetching_s,
        until=ended or end,
        starved=training.starved,
        ended=ended is not None,
        seed=seed,
    )
    began -= training.fetching_s
    return Trained(training.job, training.description, training.workers, began, last, ended)


def _train(training: Training, rng: np.random.Generator) -> Iterator[_Saved]:
    """Train with all rows of a worker in each step, averaging the workers' gradients."""
    network = training.network
    truth = rng.standard_normal(_FEATURES)
    sizes = (_FEATURES, *[network.width] * network.depth, 1)
    weights, biases = [], []
    for into, out in pairwise(sizes):
        weight = rng.standard_normal((out, into)) * network.gain / into**0.5
        weights.append(weight.astype(np.float32))
        biases.append((rng.uniform(-1, 1, out) / into**0.5).astype(np.float32))
    shares = [_payments(rng, training.rows, truth) for _ in range(training.workers)]
    unseen = _payments(rng, training.rows, truth)
    step = 0
    for mode_step in range(training.steps):
        passes = [_pass(network, weights, biases, *share) for share in shares]
        if mode_step % training.every == 0:
            told = [_parameters(weights, biases) for _ in passes]
            for tensors, (loss, layers, slopes) in zip(told, passes, strict=True):
                if mode_step % training.activations_every == 0:
                    tensors |= _activations(network, weights, biases, layers)
                tensors |= {LOSS: loss, **_gradients(slopes)}
            yield _Saved("TRAIN", mode_step, step, tuple(told))
            if max(loss for loss, _, _ in passes) > _RUNAWAY:
                return
        step += 1
        rate = training.rate(mode_step) / training.workers
        for at in range(len(weights)):
            # never in place: what was saved are these
            weights[at] = weights[at] - rate * sum(slopes[at][0] for _, _, slopes in passes)
            biases[at] = biases[at] - rate * sum(slopes[at][1] for _, _, slopes in passes)
        if mode_step % _EVALUATED == _EVALUATED - 1:
            loss, _, _ = _pass(network, weights, biases, *unseen)
            seen = {**_parameters(weights, biases), LOSS: loss}
            yield _Saved("EVAL", mode_step // _EVALUATED, step, (seen,) * training.workers)
            step += 1


def _payments(
    rng: np.random.Generator, rows: int, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Features of payments and whether each is fraud, which features tell in part."""
    x = rng.standard_normal((rows, _FEATURES)).astype(np.float32)
    return x, (x @ truth + rng.standard_normal(rows) > 2)[:, None].astype(np.float32)


def _pass(
    network: Network,
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    x: np.ndarray,
    label: np.ndarray,
) -> tuple[np.ndarray, list[np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Loss, the output of each layer from the input on, and gradients of weights and biases."""
    layers = [x]
    for at, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        z = layers[-1] @ weight.T + bias
        layers.append(z if at == len(weights) - 1 else network.activate(z))
    logits = layers[-1]
    loss = np.mean(np.logaddexp(0, logits) - label * logits)
    back = (1 / (1 + np.exp(-np.clip(logits, -80, 80))) - label) / len(x)
    slopes: list[tuple[np.ndarray, np.ndarray]] = []
    for at in range(len(weights) - 1, -1, -1):
        slopes.insert(0, (back.T @ layers[at], back.sum(axis=0)))
        back = back @ weights[at] * network.slope(layers[at])
    return loss, layers, slopes


def _parameters(weights: list[np.ndarray], biases: list[np.ndarray]) -> dict[str, np.ndarray]:
    tensors = {}
    for at, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        tensors[f"{_MODEL}_layers.{at}.weight"] = weight
        tensors[f"{_MODEL}_layers.{at}.bias"] = bias
    return tensors


def _activations(
    network: Network,
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    layers: list[np.ndarray],
) -> dict[str, np.ndarray]:
    tensors = {}
    for at in range(len(weights) - 1):
        if network.inputs:
            tensors[f"act.{at}_input_0"] = layers[at] @ weights[at].T + biases[at]
        tensors[f"act.{at}_output_0"] = layers[at + 1]
    return tensors


def _gradients(slopes: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """From the output back, as PyTorch comes by them."""
    tensors = {}
    for at in reversed(range(len(slopes))):
        tensors[f"gradient/{_MODEL}_layers.{at}.bias"] = slopes[at][1]
        tensors[f"gradient/{_MODEL}_layers.{at}.weight"] = slopes[at][0]
    return tensors
