"""What is the 64-bit xxHash of some bytes?

XXH64 with seed 0, after https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, as bytes in
big-endian order, as Trino's function gives it.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_MASK = (1 << 64) - 1
_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5


@lru_cache(maxsize=100_000)
def xxhash64(data: bytes) -> bytes:
    """The hash of some bytes, eight bytes long."""
    size, at = len(data), 0
    if size >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        whole = size // 32 * 4
        words = struct.unpack_from(f"<{whole}Q", data)
        for lane in range(4):
            held = lanes[lane]
            for word in words[lane::4]:
                held = (held + word * _P2) & _MASK
                held = ((held << 31 | held >> 33) * _P1) & _MASK
            lanes[lane] = held
        a, b, c, d = lanes
        mixed = _turned(a, 1) + _turned(b, 7) + _turned(c, 12) + _turned(d, 18)
        for held in lanes:
            mixed = ((mixed ^ _round(0, held)) * _P1 + _P4) & _MASK
        at = whole * 8
    else:
        mixed = _P5
    mixed = (mixed + size) & _MASK
    while at + 8 <= size:
        mixed ^= _round(0, struct.unpack_from("<Q", data, at)[0])
        mixed = (_turned(mixed, 27) * _P1 + _P4) & _MASK
        at += 8
    if at + 4 <= size:
        mixed ^= struct.unpack_from("<I", data, at)[0] * _P1 & _MASK
        mixed = (_turned(mixed, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        mixed ^= byte * _P5 & _MASK
        mixed = _turned(mixed, 11) * _P1 & _MASK
    mixed = (mixed ^ mixed >> 33) * _P2 & _MASK
    mixed = (mixed ^ mixed >> 29) * _P3 & _MASK
    return struct.pack(">Q", mixed ^ mixed >> 32)


def _round(held: int, word: int) -> int:
    return _turned((held + word * _P2) & _MASK, 31) * _P1 & _MASK


def _turned(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK
