"""How did the demo's two fraud models train? One soundly; the other's gradients fade with depth.

Both are trained here, in a fraction of a second, so that their gradients are real ones. The files
are laid out as smdebug's PyTorch hook lays them out (https://github.com/awslabs/sagemaker-debugger).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

_WIDTHS = (10, 24, 24, 24, 24, 24, 1)
_STEPS, _EVERY, _BATCH, _RATE = 200, 10, 64, 0.08
_WORKER = "worker_0"
_LOSS = "BCEWithLogitsLoss_output_0"
_TRAIN = 1  # the number of the mode in smdebug's events
_FLOAT = 1  # the number of float32 in TensorFlow's types
# smdebug closes every record with the checksum of a constant instead of the payload's.
_FOOTER = struct.pack("<I", 0x062DC0B3)


@dataclass(frozen=True, slots=True)
class Network:
    """A small fully connected network and what makes its training sound or not."""

    name: str
    gain: float  # of the initial weights
    activation: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]  # of the activation, from its output


SOUND = Network(
    "FraudNet", 2**0.5, lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(np.float32)
)
FADING = Network("FraudNet", 1.4, lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a))


def write(folder: Path, *, end_ms: int, seed: int) -> None:
    """Write ``folder/{production,shadow}``, two finished training jobs' debug output."""
    for network, name in ((SOUND, "production"), (FADING, "shadow")):
        # the same data and the same starting point, up to the gain
        _train(network, folder / name, np.random.default_rng([seed, 99]), end_ms / 1_000)


def _train(network: Network, folder: Path, rng: np.random.Generator, end: float) -> None:
    truth = rng.standard_normal(_WIDTHS[0])
    weights = [
        (rng.standard_normal((out, into)) * network.gain / into**0.5).astype(np.float32)
        for into, out in pairwise(_WIDTHS)
    ]
    biases = [np.zeros(out, np.float32) for out in _WIDTHS[1:]]
    for step in range(_STEPS):
        x = rng.standard_normal((_BATCH, _WIDTHS[0])).astype(np.float32)
        label = (x @ truth + 0.5 * rng.standard_normal(_BATCH) > 0).astype(np.float32)[:, None]
        layers = [x]
        for at, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            z = layers[-1] @ weight.T + bias
            layers.append(z if at == len(weights) - 1 else network.activation(z))
        logits = layers[-1]
        loss = np.mean(np.logaddexp(0, logits) - label * logits)
        back = (1 / (1 + np.exp(-logits)) - label) / _BATCH
        slopes: list[tuple[np.ndarray, np.ndarray]] = []
        for at in range(len(weights) - 1, -1, -1):
            slopes.insert(0, (back.T @ layers[at], back.sum(axis=0)))
            back = back @ weights[at] * network.slope(layers[at])
        if step % _EVERY == 0:
            tensors = {}
            for at, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                tensors[f"{network.name}_layers.{at}.weight"] = weight
                tensors[f"{network.name}_layers.{at}.bias"] = bias
            tensors[_LOSS] = np.asarray(loss)
            for at in reversed(range(len(weights))):
                tensors[f"gradient/{network.name}_layers.{at}.bias"] = slopes[at][1]
                tensors[f"gradient/{network.name}_layers.{at}.weight"] = slopes[at][0]
            _write_step(folder, step, tensors, end - 0.05 * (_STEPS - step))
            if step == 0:
                _write_collections(folder, list(tensors))
        # the hook sees weights before the step changes them
        for weight, bias, (by_weight, by_bias) in zip(weights, biases, slopes, strict=True):
            weight -= _RATE * by_weight
            bias -= _RATE * by_bias
    (folder / "training_job_end.ts").touch()


def _write_step(folder: Path, step: int, tensors: dict[str, np.ndarray], time: float) -> None:
    event_file = f"events/{step:012d}/{step:012d}_{_WORKER}.tfevents"
    entries = []
    content = b""
    for name, tensor in tensors.items():
        record = _record(_event(name, tensor.astype("<f4"), step, time))
        entries.append({"tensorname": name, "start_idx": len(content), "length": len(record)})
        content += record
    index = {
        "meta": {"mode": "TRAIN", "mode_step": step, "event_file_name": event_file},
        "tensor_payload": entries,
    }
    place = folder / f"index/{step // 1_000:09d}/{step:012d}_{_WORKER}.json"
    for path in (folder / event_file, place):
        path.parent.mkdir(parents=True, exist_ok=True)
    (folder / event_file).write_bytes(content)
    # the index last: smdebug takes a step with an index for complete
    place.write_text(json.dumps(index), encoding="utf-8")


def _write_collections(folder: Path, names: list[str]) -> None:
    patterns = {
        "weights": r"^(?!gradient).*weight",
        "biases": r"^(?!gradient).*bias",
        "gradients": r"^gradient",
        "losses": r"[Ll]oss_(?!input).*output",
    }
    chosen = {
        "weights": [n for n in names if n.endswith("weight") and "gradient" not in n],
        "biases": [n for n in names if n.endswith("bias") and "gradient" not in n],
        "gradients": [n for n in names if n.startswith("gradient/")],
        "losses": [_LOSS],
    }
    every = {"save_interval": _EVERY, "save_steps": [], "start_step": 0, "end_step": None}
    collections = {
        name: {
            "name": name,
            "include_regex": [patterns[name]] if name in patterns else [],
            "tensor_names": chosen.get(name, []),
            "reduction_config": {"save_raw_tensor": True, "reductions": "", "save_shape": False},
            "save_config": {"TRAIN": every, "EVAL": None, "PREDICT": None, "GLOBAL": None},
            "save_histogram": name != "losses",
        }
        for name in ("weights", "gradients", "default", "losses", "biases", "all")
    }
    place = folder / f"collections/000000000/{_WORKER}_collections.json"
    place.parent.mkdir(parents=True)
    document = {"collections": collections, "_meta": {"num_workers": 1}}
    place.write_text(json.dumps(document), encoding="utf-8")


def _event(name: str, tensor: np.ndarray, step: int, time: float) -> bytes:
    """One value as TensorFlow's ``Event``, with smdebug's note of mode and step."""
    dimensions = b"".join(
        _bytes(2, _number(1, size) + _bytes(2, f"{name}_{size}".encode())) for size in tensor.shape
    )
    proto = _number(1, _FLOAT) + _bytes(2, dimensions) + _bytes(4, tensor.tobytes())
    notes = b"".join(
        _bytes(1, _bytes(1, key) + _bytes(2, str(value).encode()))
        for key, value in ((b"mode_step", step), (b"mode", _TRAIN))
    )
    value = _bytes(1, name.encode()) + _bytes(8, proto) + _bytes(9, notes)
    when = b"\x09" + struct.pack("<d", time)
    return when + (_number(2, step) if step else b"") + _bytes(5, _bytes(1, value))


def _record(payload: bytes) -> bytes:
    """A TFRecord: length, masked checksum of the length, payload, smdebug's footer."""
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", _masked_checksum(length)) + payload + _FOOTER


def _masked_checksum(content: bytes) -> int:
    """CRC-32C, rotated and shifted as TFRecord wants it (tensorflow/core/lib/hash/crc32c.h)."""
    found = 0xFFFFFFFF
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    found ^= 0xFFFFFFFF
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
