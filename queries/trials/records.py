"""What is in one record of an event file: which tensor, when, and its value?

An event file is TFRecords back to back (tensorflow/core/lib/io/record_writer.cc), each an ``Event``
(tensorflow/core/util/event.proto) with one tensor (framework/tensor.proto), to which smdebug adds
mode and step (https://github.com/awslabs/sagemaker-debugger, smdebug/core/tfevent). Read by hand,
for a trial has up to a million records, and a value should be a view of the file, not a copy.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import MODES, Mode
from queries.errors import Damaged

Buffer = bytes | bytearray | memoryview | mmap.mmap

_HEAD = struct.Struct("<QI")  # the payload's length, and that number's checksum
_FOOT = struct.Struct("<I")
_DOUBLE = struct.Struct("<d")
_AROUND = _HEAD.size + _FOOT.size
# smdebug closes every record with the checksum of a constant instead of the payload's
_CONSTANT = 0x062DC0B3

# tensorflow/core/framework/types.proto; the quantised types are whole numbers of the same width
_DTYPES: dict[int, np.dtype[np.generic]] = {
    number: np.dtype(name)
    for number, name in {
        **{1: "<f4", 2: "<f8", 19: "<f2", 8: "<c8", 18: "<c16", 10: "?"},
        **{6: "i1", 5: "<i2", 3: "<i4", 9: "<i8", 4: "u1", 17: "<u2", 22: "<u4", 23: "<u8"},
        **{11: "i1", 15: "<i2", 13: "<i4", 12: "u1", 16: "<u2"},
    }.items()
}
_BFLOAT16 = 14
_STRINGS = (0, 7)  # smdebug leaves the type out
# Fields as they are written: number * 8 + wire type (0 number, 1 eight bytes, 2 bytes).
_EVENT_TIME, _EVENT_SUMMARY = 0x09, 0x2A
_SUMMARY_VALUE = 0x0A
_VALUE_TAG, _VALUE_TENSOR, _VALUE_NOTES = 0x0A, 0x42, 0x4A
_TENSOR_TYPE, _TENSOR_SHAPE, _TENSOR_CONTENT, _TENSOR_STRING = 0x08, 0x12, 0x22, 0x42
_SHAPE_DIMENSION, _DIMENSION_SIZE = 0x12, 0x08
_NOTES_NOTE, _NOTE_NAME, _NOTE_CONTENT = 0x0A, 0x0A, 0x12

# A hostile file ends here, not in hours: no message of smdebug's has more fields than a tensor of
# texts, no dimension more elements than a file has bytes, no clock shows more than the year 5138.
_MOST_FIELDS = 1_000
_MOST_TEXTS = 1_000_000
_LARGEST = 1 << 48
_LATEST = 1e11


@dataclass(frozen=True, slots=True)
class Record:
    """One saved value.

    ``wall_time`` is when it was written, in seconds since 1970; ``mode_step`` the step in its mode.
    ``array`` is a read-only view of the buffer in the saved shape and type. Two are copies: texts
    come as an object array of str, bfloat16, which NumPy lacks, as float32.
    """

    tag: str
    wall_time: float
    mode: Mode
    mode_step: int
    array: NDArray[np.generic]


def read_record(
    buffer: Buffer, start: int, length: int, *, name: str, mode: Mode, step: int
) -> Record:
    """The record at ``buffer[start : start + length]``, that the index names as given.

    All that the format lets one notice is checked: both checksums (they cover the length, not the
    payload), lengths, shape against content, and name, mode and step against the index. Bits
    changed within a tensor's own content cannot be noticed, save in truth values and texts.

    Raises
    ------
    Damaged
        With what is wrong and at which byte; the file is the caller's to name.
    """
    try:
        return _read(buffer, start, length, name, mode, step)
    # numbers that lead outside the buffer, and shapes that NumPy refuses
    except (Damaged, IndexError, ValueError, TypeError, struct.error) as error:
        said = str(error) if isinstance(error, Damaged) else f"it cannot be read ({error})"
        raise Damaged(f"{name} at byte {start:,} is damaged: {said}") from error


def _read(buffer: Buffer, start: int, length: int, name: str, mode: Mode, step: int) -> Record:
    if start < 0 or length < _AROUND or start + length > len(buffer):
        raise Damaged(
            f"the index gives it {length:,} bytes there, the file has {len(buffer):,} in all"
        )
    size, checksum = _HEAD.unpack_from(buffer, start)
    at = start + _HEAD.size
    end = start + length - _FOOT.size
    if checksum != _checksum(size):
        raise Damaged("the checksum of its length does not fit")
    if size != end - at:
        raise Damaged(f"it is {size + _AROUND:,} bytes long, the index says {length:,}")
    if _FOOT.unpack_from(buffer, end)[0] != _CONSTANT:
        raise Damaged("it does not end as smdebug's records do")
    time, summary = math.nan, (0, 0)
    for field, first, last in _fields(buffer, at, end):
        if field == _EVENT_TIME:
            time = _DOUBLE.unpack_from(buffer, first)[0]
        elif field == _EVENT_SUMMARY:
            summary = first, last
    if not 0 <= time < _LATEST:
        raise Damaged("its time is none")
    values = [(first, last) for f, first, last in _fields(buffer, *summary) if f == _SUMMARY_VALUE]
    if len(values) != 1:
        raise Damaged(f"it holds {len(values)} values in place of one")
    tag = notes = b""
    tensor = (0, 0)
    for field, first, last in _fields(buffer, *values[0]):
        if field == _VALUE_TENSOR:
            tensor = first, last
        elif field == _VALUE_TAG:
            tag = bytes(buffer[first:last])
        elif field == _VALUE_NOTES:
            notes = bytes(buffer[first:last])
    if tag != name.encode(errors="surrogatepass"):
        raise Damaged(f"it is named {tag.decode(errors='replace')[:200]!r} there")
    saved = _saved_at(notes)
    if saved != (mode, step):
        raise Damaged(f"it says {saved[0]} step {saved[1]}, the index {mode} step {step}")
    return Record(name, time, mode, step, _array(buffer, *tensor))


def _array(buffer: Buffer, at: int, end: int) -> NDArray[np.generic]:
    number = 0
    shape: tuple[int, ...] = ()
    begin = stop = at
    texts: list[str] = []
    for field, first, last in _fields(buffer, at, end, _MOST_TEXTS):
        if field == _TENSOR_CONTENT:
            begin, stop = first, last
        elif field == _TENSOR_TYPE:
            number = first
        elif field == _TENSOR_SHAPE:
            shape = _shape(bytes(buffer[first:last]))
        elif field == _TENSOR_STRING:
            texts.append(bytes(buffer[first:last]).decode())
    count = math.prod(shape)
    dtype = _DTYPES.get(number)
    if dtype is None:
        if number == _BFLOAT16:
            halves = _view(buffer, begin, stop, shape, count, np.dtype("<u2"))
            array = (halves.astype("<u4") << 16).view("<f4")
        elif number in _STRINGS:
            if len(texts) != count or begin != stop:
                raise Damaged(f"it holds {len(texts):,} texts, its shape {count:,}")
            array = np.array(texts, object).reshape(shape)
        else:
            raise Damaged(f"its elements are of a type (number {number}) that cannot be read")
        array.setflags(write=False)
        return array
    array = _view(buffer, begin, stop, shape, count, dtype)
    if number == 10 and count and array.view(np.uint8).max() > 1:
        raise Damaged("it holds truth values that are neither true nor false")
    return array


def _view(
    buffer: Buffer,
    at: int,
    end: int,
    shape: tuple[int, ...],
    count: int,
    dtype: np.dtype[np.generic],
) -> NDArray[np.generic]:
    if count * dtype.itemsize != end - at:
        raise Damaged(
            f"it holds {end - at:,} bytes, {count:,} elements of {dtype.name} take "
            f"{count * dtype.itemsize:,}"
        )
    array: NDArray[np.generic] = np.ndarray(shape, dtype, buffer, at)
    array.setflags(write=False)
    return array


def _fields(
    buffer: Buffer, at: int, end: int, most: int = _MOST_FIELDS
) -> Iterator[tuple[int, int, int]]:
    """Each field of ``buffer[at:end]`` with where its content begins and ends, or its number."""
    for _ in range(most):
        if at >= end:
            return
        field, at = buffer[at], at + 1
        if field > 0x7F:
            field, at = _number(buffer, at - 1, end)
        kind = field & 7
        if kind == 0:
            value, at = _number(buffer, at, end)
            yield field, value, value
            continue
        if kind == 2:
            size, at = buffer[at], at + 1
            if size > 0x7F:
                size, at = _number(buffer, at - 1, end)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Damaged(f"it is no message (wire type {kind})")
        first, at = at, at + size
        if at > end:
            raise Damaged("a part of it is longer than the whole")
        yield field, first, at
    if at < end:
        raise Damaged(f"it has more than {most:,} parts")


def _number(buffer: Buffer, at: int, end: int) -> tuple[int, int]:
    """A whole number of at most ten bytes, and where it ends."""
    found = 0
    for place in range(10):
        if at >= end:
            raise Damaged("a number in it has no end")
        byte, at = buffer[at], at + 1
        found |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return found, at
    raise Damaged("a number in it has no end")


@lru_cache(4_096)
def _shape(message: bytes) -> tuple[int, ...]:
    found = []
    for field, first, last in _fields(message, 0, len(message)):
        if field == _SHAPE_DIMENSION:
            sizes = [n for f, n, _ in _fields(message, first, last) if f == _DIMENSION_SIZE]
            found.append(sizes[-1] if sizes else 0)  # a nought is not written
    if any(size > _LARGEST for size in found):
        raise Damaged(f"its shape is {found}")
    return tuple(found)


@lru_cache(4_096)
def _saved_at(message: bytes) -> tuple[Mode, int]:
    """Mode and step of smdebug's notes at a value."""
    notes: dict[bytes, bytes] = {}
    for field, first, last in _fields(message, 0, len(message)):
        if field == _NOTES_NOTE:
            parts = {f: message[a:b] for f, a, b in _fields(message, first, last) if f & 7 == 2}
            notes[parts.get(_NOTE_NAME, b"")] = parts.get(_NOTE_CONTENT, b"")
    mode, step = notes.get(b"mode", b""), notes.get(b"mode_step", b"")
    # MODES counts as smdebug does, from 1 on
    if mode not in (b"1", b"2", b"3", b"4") or not step.isdigit() or len(step) > 18:
        raise Damaged("it does not say in which step it was saved")
    return MODES[int(mode) - 1], int(step)


@lru_cache(4_096)
def _checksum(length: int) -> int:
    """CRC-32C of a length, rotated and shifted (tensorflow/core/lib/hash/crc32c.h)."""
    found = 0xFFFFFFFF
    for byte in length.to_bytes(8, "little"):
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    found ^= 0xFFFFFFFF
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF
