"""What does an index file say: which tensors were saved in a step, and where are their values?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from analysis.training.recording import MODES, Mode
from queries.errors import Damaged
from queries.trials.files import IndexFile
from queries.trials.inside import inside

_REDUCTIONS = "smdebug/reductions/"
_REDUCTION = re.compile(r"smdebug/reductions/((?:abs_)?[a-z0-9]+)/(.+)", re.DOTALL)
# Far beyond any real one, and short enough for every pattern of a collection.
_LONGEST_NAME = 1_000
_LARGEST = 1 << 48


@dataclass(frozen=True, slots=True)
class Entry:
    """One saved value, or one saved reduction of a value.

    ``recorded`` is the name in the record at ``[start, start + length)`` of the event file (bytes);
    ``name`` the tensor's, without what smdebug sets before a reduction's. ``reduction`` is ""
    for the value itself, else ``mean``, ``std``, ``variance``, ``min``, ``max``, ``sum``, ``prod``,
    ``l1`` or ``l2``, of magnitudes with ``abs_`` before. Of most frameworks smdebug has cut ":0"
    from the tensor's name there.
    """

    name: str
    start: int
    length: int
    recorded: str
    reduction: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape that was saved beside a value, or in its place."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """One step of one worker.

    ``events`` is the file that the entries' bytes lie in, checked to be a file of the trial; None
    where only shapes were saved. A name may come several times, in the order of saving: the last
    one is what smdebug takes.
    """

    mode: Mode
    mode_step: int
    events: Path | None
    entries: tuple[Entry, ...]
    shapes: tuple[Shape, ...]


def read_index(folder: Path, file: IndexFile) -> Index:
    """What one index file of the trial in ``folder`` says.

    Raises
    ------
    Damaged
        When it is unreadable, is not what smdebug writes, or names an event file that is missing
        or outside the trial.
    """
    try:
        content = inside(folder, file.path).read_bytes()
        return _index(folder, file, orjson.loads(content))
    except OSError as error:
        raise Damaged(f"{file.path} cannot be read ({error.strerror}).") from error
    except orjson.JSONDecodeError as error:
        raise Damaged(f"{file.path} is damaged: it is not JSON ({error}).") from error
    except Damaged as error:
        raise Damaged(f"{file.path} is damaged: {error}") from error


def _index(folder: Path, file: IndexFile, document: Any) -> Index:
    meta = _member(document, "meta", dict)
    mode = _member(meta, "mode", str).strip()
    if mode not in MODES:
        raise Damaged(f"its mode is {mode[:50]!r}, none of {', '.join(MODES)}.")
    step = _count(meta, "mode_step")
    entries = tuple(_entry(each) for each in _payload(document, "tensor_payload"))
    shapes = tuple(_shape(each) for each in _payload(document, "shape_payload"))
    if not entries and (not shapes or meta.get("event_file_name") is not None):
        raise Damaged("it names no value of the step.")
    events = inside(folder, _member(meta, "event_file_name", str)) if entries else None
    # a record says its mode and step, but not its worker
    if events and events.stem != Path(file.path).stem:
        raise Damaged(f"it leads to {events.name}, the values of another step or worker.")
    return Index(mode, step, events, entries, shapes)


def _payload(document: dict[str, Any], key: str) -> list[Any]:
    found = document.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Damaged(f"its {key} is no list.")
    return found


def _entry(found: Any) -> Entry:
    recorded, start, length = _name(found), _count(found, "start_idx"), _count(found, "length")
    if recorded.startswith(_REDUCTIONS):
        parts = _REDUCTION.fullmatch(recorded)
        if parts:
            return Entry(parts[2], start, length, recorded, parts[1])
    return Entry(recorded, start, length, recorded)


def _shape(found: Any) -> Shape:
    name = _name(found)
    shape = _member(found, "shape", list)
    if not all(type(size) is int and 0 <= size < _LARGEST for size in shape):
        raise Damaged(f"the shape of {name} is none.")
    return Shape(name, tuple(shape))


def _name(found: Any) -> str:
    name: str = _member(found, "tensorname", str)
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Damaged(f"the name of a tensor has {len(name):,} characters.")
    return name


def _count(found: Any, key: str) -> int:
    number: int = _member(found, key, int)
    if not 0 <= number < _LARGEST:
        raise Damaged(f"its {key} is {number}.")
    return number


def _member(found: Any, key: str, kind: type) -> Any:
    member = found.get(key) if isinstance(found, dict) else None
    if type(member) is not kind:
        raise Damaged(f"its {key} is missing or of another type.")
    return member
