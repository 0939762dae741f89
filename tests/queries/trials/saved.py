"""Small trials for the tests, with values of every type, and what a reader makes of one."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.hook import LOSS, Hook, record
from queries.errors import Damaged
from queries.trials.files import Files, look
from queries.trials.index import read_index
from queries.trials.records import read_record

# tensorflow/core/framework/types.proto
NUMBERS = {
    **{"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8},
    **{"int64": 9, "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22},
    "uint64": 23,
}
Place = tuple[str, str, int, str]
"""Recorded name, mode, step in it, worker."""


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def part(field: int, content: bytes | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(content, int):
        return varint(field << 3) + varint(content)
    return varint(field << 3 | 2) + varint(len(content)) + content


def shape_of(name: str, shape: tuple[int, ...]) -> bytes:
    """A shape as smdebug writes it, with a name for each dimension."""
    return b"".join(
        part(2, (part(1, size) if size else b"") + part(2, f"{name}_{size}".encode()))
        for size in shape
    )


def tensor(name: str, value: NDArray[np.generic]) -> bytes:
    """A value as a TensorProto; texts without a type, as smdebug writes them."""
    shape = part(2, shape_of(name, value.shape))
    if value.dtype.kind in "UO":
        return shape + b"".join(part(8, str(text).encode()) for text in value)
    content = part(4, value.tobytes()) if value.size else b""
    return part(1, NUMBERS[value.dtype.name]) + shape + content


def event(
    name: str, proto: bytes, *, mode: int = 1, step: int = 7, time: float = 1_700_000_000.0
) -> bytes:
    """One whole record."""
    notes = b"".join(
        part(1, part(1, key) + part(2, str(value).encode()))
        for key, value in ((b"mode_step", step), (b"mode", mode))
    )
    value = part(1, name.encode()) + part(8, proto) + part(9, notes)
    return record(b"\x09" + struct.pack("<d", time) + part(2, step) + part(5, part(1, value)))


def write_trial(folder: Path, *, steps: int = 3, workers: int = 2) -> dict[Place, bytes]:
    """A tiny trial that ended; its values' bytes, by place."""
    rng = np.random.default_rng(1)
    every = dict.fromkeys(("weights", "biases", "gradients", "losses"), 1)
    written: dict[Place, bytes] = {}
    for rank in range(workers):
        hook = Hook(folder, f"worker_{rank}", workers, every)
        for step in range(steps):
            values: Mapping[str, NDArray[np.generic]] = {
                "Net_fc.0.weight": rng.normal(size=(2, 3)),
                "Net_fc.0.bias": rng.normal(size=3),
                "gradient/Net_fc.0.weight": rng.normal(size=(2, 3)),
                LOSS: rng.normal(size=()),
            }
            mode = "TRAIN" if step % 2 == 0 else "EVAL"
            hook.save(mode, step // 2, step, values, 1_700_000_000.0 + step)
            for name, value in values.items():
                place = name, mode, step // 2, f"worker_{rank}"
                written[place] = value.astype("<f4").tobytes()
        hook.describe(list(values))
    (folder / "training_job_end.ts").touch()
    return written


def read_trial(folder: Path) -> tuple[Files, dict[Place, NDArray[np.generic]], list[str]]:
    """What lies there, every value that can be read, and a sentence for whatever cannot."""
    files = look(folder)
    values: dict[Place, NDArray[np.generic]] = {}
    faults: list[str] = []
    for file in files.index:
        try:
            index = read_index(folder, file)
        except Damaged as error:
            faults.append(str(error))
            continue
        content = index.events.read_bytes() if index.events else b""
        for entry in index.entries:
            try:
                found = read_record(
                    content,
                    entry.start,
                    entry.length,
                    name=entry.recorded,
                    mode=index.mode,
                    step=index.mode_step,
                )
            except Damaged as error:
                faults.append(str(error))
            else:
                values[entry.recorded, index.mode, index.mode_step, file.worker] = found.array
    return files, values, faults


def files_of(folder: Path) -> Iterator[Path]:
    """Every file of a folder that is not empty."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)
