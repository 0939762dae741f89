"""How does a training script's hook write what it saves, byte for byte?

The files are laid out as smdebug's PyTorch hook lays them out
(https://github.com/awslabs/sagemaker-debugger): a file of values and an index for each saved step
and worker, and one description of the collections for each worker.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

LOSS = "BCEWithLogitsLoss_output_0"
_FLOAT = 1  # the number of float32 in TensorFlow's types
_MODES = {"TRAIN": 1, "EVAL": 2}  # the numbers of the modes in smdebug's events
# smdebug closes every record with the checksum of a constant instead of the payload's.
_FOOTER = struct.pack("<I", 0x062DC0B3)
_PATTERNS = {
    "weights": r"^(?!gradient).*weight",
    "biases": r"^(?!gradient).*bias",
    "gradients": r"^gradient",
    "losses": r"[Ll]oss_(?!input).*output",
}
_ACTIVATIONS = r"act\.\d+_(input|output)"


@dataclass(frozen=True, slots=True)
class Hook:
    """One worker's hook; ``every`` gives the save interval of TRAIN steps by collection."""

    folder: Path
    worker: str
    workers: int
    every: Mapping[str, int]

    def save(
        self,
        mode: Literal["TRAIN", "EVAL"],
        mode_step: int,
        step: int,
        tensors: Mapping[str, np.ndarray],
        time: float,
    ) -> None:
        """Write the values of one step; ``step`` counts over both modes, ``time`` is when."""
        event_file = f"events/{step:012d}/{step:012d}_{self.worker}.tfevents"
        entries = []
        content = bytearray()
        for name, tensor in tensors.items():
            event = _event(name, tensor.astype("<f4"), mode, mode_step, step, time)
            framed = record(event)
            entries.append({"tensorname": name, "start_idx": len(content), "length": len(framed)})
            content += framed
        index = {
            "meta": {"mode": mode, "mode_step": mode_step, "event_file_name": event_file},
            "tensor_payload": entries,
        }
        place = self.folder / f"index/{step // 1_000:09d}/{step:012d}_{self.worker}.json"
        for path in (self.folder / event_file, place):
            path.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / event_file).write_bytes(content)
        # the index last: smdebug takes a step with an index for complete
        place.write_text(json.dumps(index), encoding="utf-8")

    def describe(self, names: list[str]) -> None:
        """Write which collections there are, and which of the names each holds."""
        gradients = [name for name in names if name.startswith("gradient/")]
        held = {
            "weights": [n for n in names if n.endswith("weight") and n not in gradients],
            "biases": [n for n in names if n.endswith("bias") and n not in gradients],
            "gradients": gradients,
            "losses": [LOSS],
            "default": [],
            "all": [],
        }
        for name in self.every.keys() - held.keys():
            held[name] = [n for n in names if n.startswith("act.")]
        collections = {
            name: {
                "name": name,
                "include_regex": [_PATTERNS.get(name, _ACTIVATIONS)] if found else [],
                "tensor_names": found,
                "reduction_config": {
                    "save_raw_tensor": True,
                    "reductions": "",
                    "save_shape": False,
                },
                "save_config": {
                    "TRAIN": _interval(self.every.get(name, self.every["losses"])),
                    "EVAL": _interval(1),
                    "PREDICT": None,
                    "GLOBAL": None,
                },
                "save_histogram": name != "losses",
            }
            for name, found in held.items()
        }
        place = self.folder / f"collections/000000000/{self.worker}_collections.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        document = {"collections": collections, "_meta": {"num_workers": self.workers}}
        place.write_text(json.dumps(document), encoding="utf-8")


def record(payload: bytes) -> bytes:
    """A TFRecord: length, masked checksum of the length, payload, smdebug's footer."""
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", _masked_checksum(length)) + payload + _FOOTER


def _interval(every: int) -> dict[str, object]:
    return {"save_interval": every, "save_steps": [], "start_step": 0, "end_step": None}


def _event(
    name: str, tensor: np.ndarray, mode: str, mode_step: int, step: int, time: float
) -> bytes:
    """One value as TensorFlow's ``Event``, with smdebug's note of mode and step."""
    dimensions = b"".join(
        _bytes(2, _number(1, size) + _bytes(2, f"{name}_{size}".encode())) for size in tensor.shape
    )
    proto = _number(1, _FLOAT) + _bytes(2, dimensions) + _bytes(4, tensor.tobytes())
    notes = b"".join(
        _bytes(1, _bytes(1, key) + _bytes(2, str(value).encode()))
        for key, value in ((b"mode_step", mode_step), (b"mode", _MODES[mode]))
    )
    value = _bytes(1, name.encode()) + _bytes(8, proto) + _bytes(9, notes)
    when = b"\x09" + struct.pack("<d", time)
    return when + (_number(2, step) if step else b"") + _bytes(5, _bytes(1, value))


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
