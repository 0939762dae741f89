"""Is every value of a trial read as it was saved, and damage noticed where the format shows it?"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.hook import record
from queries.errors import Damaged
from queries.trials.files import look
from queries.trials.index import read_index
from queries.trials.records import Record, read_record
from tests.queries.trials.saved import NUMBERS, event, part, read_trial, shape_of, tensor, varint

TRIALS = Path(__file__).parents[3].parent / "shared/corpus/trials"
NAMES = sorted(path.parent.name for path in TRIALS.glob("*/index"))
needs_corpus = pytest.mark.skipif(not NAMES, reason="shared/corpus is not beside this checkout")


@cache
def reference() -> dict[str, Any]:
    """What smdebug 1.0.34 itself read of the corpus."""
    found: dict[str, Any] = json.loads((TRIALS / "reference.json").read_bytes())
    return found


def read(content: bytes, **more: Any) -> Record:
    """The one record of a buffer."""
    expected = {"name": "odd/x", "mode": "TRAIN", "step": 7, **more}
    return read_record(content, 0, len(content), **expected)


@needs_corpus
@pytest.mark.parametrize("trial", NAMES or [""])
def test_values_and_reductions_are_what_smdebug_reads(trial: str) -> None:
    """Dtype, shape and content of every value, and every saved reduction, are the reference's.

    Not one value more or less, but those that smdebug cannot reach: where a shape was saved beside
    a value (pt_reductions_and_raw); these are held to their own saved reductions.
    """
    told = {
        (name, *place.split("/")): expected
        for name, places in reference()[trial]["tensors"].items()
        for place, expected in places.items()
    }
    _, found, faults = read_trial(TRIALS / trial)
    assert faults == []
    values: dict[tuple[str, ...], np.ndarray] = {}
    reductions: dict[tuple[str, ...], dict[str, str]] = {}
    for (name, mode, step, worker), value in found.items():
        place = mode, str(step), worker
        if name.startswith("smdebug/reductions/"):
            kind, _, of = name.removeprefix("smdebug/reductions/").partition("/")
            reductions.setdefault((of, *place), {})[kind] = f"[{value.tolist()}]"
        else:
            values[name, *place] = value
    assert {place: said(values[place]) for place, e in told.items() if "sha1" in e} == {
        place: {key: e[key] for key in ("dtype", "shape", "sha1")}
        for place, e in told.items()
        if "sha1" in e
    }
    assert reductions == {p: e["reductions"] for p, e in told.items() if "reductions" in e}
    beyond = {place for place, e in told.items() if "sha1" not in e} & values.keys()
    assert values.keys() - beyond == {place for place, e in told.items() if "sha1" in e}
    assert bool(beyond) == (trial == "pt_reductions_and_raw")
    for place in beyond:
        assert list(values[place].shape) == told[place]["tshape"]
        mean = float(reductions[place]["mean"].strip("[]"))
        assert values[place].mean() == pytest.approx(mean, rel=1e-4, abs=1e-8)
        assert f"[{np.abs(values[place]).max().tolist()}]" == reductions[place]["abs_max"]


def said(value: np.ndarray) -> dict[str, Any]:
    """A value as the reference tells it; texts as an array of fixed width."""
    if value.dtype == object:
        value = value.astype(str)
    name = value.dtype.str if value.dtype.kind == "U" else str(value.dtype)
    content = hashlib.sha1(value.tobytes(), usedforsecurity=False).hexdigest()[:16]
    return {"dtype": name, "shape": list(value.shape), "sha1": content}


@needs_corpus
def test_the_reference_covers_the_corpus() -> None:
    """The comparison above is of as many values and reductions as the reference holds."""
    expected = [e for r in reference().values() for p in r["tensors"].values() for e in p.values()]
    assert set(reference()) == set(NAMES)
    assert sum("sha1" in each for each in expected) == 11_140
    assert sum(len(each.get("reductions", ())) for each in expected) == 8_240


@pytest.mark.parametrize("shape", [(), (1,), (4, 5), (1, 2, 1, 3, 1, 2), (0,), (2, 0, 3)])
@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_every_type_and_shape_is_read(name: str, shape: tuple[int, ...]) -> None:
    """What is written in a type and a shape comes back in both, a view that cannot be written."""
    saved = (np.random.default_rng(2).normal(size=shape) * 50).astype(name)
    content = event("odd/x", tensor("odd/x", saved))
    for buffer in (content, bytearray(content), memoryview(content)):
        found = read(buffer)
        assert found.array.dtype == saved.dtype
        assert found.array.shape == shape
        assert found.array.tobytes() == saved.tobytes()
        assert np.shares_memory(found.array, np.frombuffer(buffer, np.uint8)) == bool(saved.size)
        assert not found.array.flags.writeable
    assert (found.tag, found.mode, found.mode_step) == ("odd/x", "TRAIN", 7)
    assert found.wall_time == 1_700_000_000.0


def test_not_a_number_and_infinity_are_kept() -> None:
    """Values that are no numbers are values: bit for bit."""
    saved = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    assert read(event("odd/x", tensor("odd/x", saved))).array.tobytes() == saved.tobytes()


def test_texts_are_read() -> None:
    """XGBoost's hyperparameters and trees are texts, of any length and in any script."""
    saved = np.array(["reg:squarederror", "", "äöü", "x" * 300])
    assert read(event("odd/x", tensor("odd/x", saved))).array.tolist() == saved.tolist()


def test_bfloat16_is_widened() -> None:
    """A bfloat16 is the upper half of a float32 (tensorflow/core/framework/types.proto, 14)."""
    halves = np.array([0x3F80, 0xC000, 0x7F80, 0x0001], "<u2")
    proto = part(1, 14) + part(2, shape_of("odd/x", (2, 2))) + part(4, halves.tobytes())
    found = read(event("odd/x", proto)).array
    assert found.tolist() == [[1.0, -2.0], [np.inf, 2.0**-133]]
    assert found.dtype == np.float32


SOUND = tensor("odd/x", np.arange(6, dtype=np.float32).reshape(2, 3))
ENDLESS = b"\xff" * 5_000


@pytest.mark.parametrize(
    ("proto", "reason"),
    [
        (part(1, 1) + part(2, shape_of("x", (1 << 40, 1 << 40))) + part(4, b"1234"), "take"),
        (part(1, 1) + part(2, shape_of("x", (1 << 60,))), "shape"),
        (part(1, 1) + part(2, part(2, b"\x08" + ENDLESS)) + part(4, b"1234"), "no end"),
        (part(1, 1) + part(2, part(2, part(1, 0)) * 70), "cannot be read"),
        (part(1, 1) + part(2, part(2, b"") * 5_000), "parts"),
        (part(1, 1) + part(2, shape_of("x", (2,))) + part(4, bytes(7)), "7 bytes"),
        (part(1, 1) + part(2, shape_of("x", (2,))), "0 bytes"),
        (part(1, 20) + part(2, shape_of("x", (1,))) + part(4, bytes(4)), "number 20"),
        (part(1, 10) + part(2, shape_of("x", (1,))) + part(4, b"\x02"), "truth"),
        (part(2, shape_of("x", (2,))) + part(8, b"one"), "texts"),
        (part(2, shape_of("x", (1,))) + part(8, b"\xff\xfe"), "cannot be read"),
        (ENDLESS, "no end"),
        (part(1, 1) + b"\x22" + varint(1 << 62), "longer than the whole"),
        (b"\x0b" + SOUND, "wire type"),
        (b"", "texts"),
    ],
)
def test_a_hostile_tensor_is_refused(proto: bytes, reason: str) -> None:
    """Shapes beyond the content, numbers without end, parts beyond the whole: each a sentence."""
    with pytest.raises(Damaged, match=reason):
        read(event("odd/x", proto))


@pytest.mark.parametrize(
    ("content", "told", "reason"),
    [
        (event("odd/y", SOUND), {}, "named 'odd/y'"),
        (event("odd/x", SOUND, mode=2), {}, "EVAL step 7, the index TRAIN step 7"),
        (event("odd/x", SOUND, step=8), {}, "TRAIN step 8"),
        (event("odd/x", SOUND, mode=5), {}, "does not say in which step"),
        (event("odd/x", SOUND, time=float("nan")), {}, "time"),
        (event("odd/x", SOUND, time=1e300), {}, "time"),
        (record(b"\x09" + struct.pack("<d", 1.0)), {}, "0 values"),
        (record(b""), {}, "time"),
        (event("odd/x", SOUND)[:-4] + b"1234", {}, "does not end"),
        (event("odd/x", SOUND)[:-1], {}, "bytes long"),
        (event("odd/x", SOUND) + b"1", {}, "bytes long"),
        (b"\x01" + event("odd/x", SOUND)[1:], {}, "checksum"),
    ],
)
def test_a_record_that_is_not_the_indexs_is_refused(
    content: bytes, told: Mapping[str, Any], reason: str
) -> None:
    """Name, mode, step, length and both checksums have to fit, or the value is not shown."""
    with pytest.raises(Damaged, match=reason):
        read(content, **told)


@pytest.mark.parametrize(("start", "length"), [(0, 10**12), (10**12, 200), (-8, 200), (0, 3)])
def test_an_index_cannot_lead_out_of_the_file(start: int, length: int) -> None:
    """Where the index's bytes are not the file's, nothing is read."""
    with pytest.raises(Damaged, match="the index gives it"):
        read_record(event("odd/x", SOUND), start, length, name="odd/x", mode="TRAIN", step=7)


@given(st.data())
def test_flipped_bytes_never_lead_astray(data: st.DataObject) -> None:
    """Whatever bytes of a record are changed: a sentence, or an array that lies within the record.

    Changes within the content cannot be noticed; nothing else of what is answered may differ.
    """
    content = bytearray(event("odd/x", SOUND))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    around = b"\xff" * 64
    buffer = around + bytes(content) + around
    try:
        found = read_record(buffer, len(around), len(content), name="odd/x", mode="TRAIN", step=7)
    except Damaged as error:
        assert "odd/x at byte 64 is damaged: " in str(error)  # noqa: PT017 - either is right
        return
    assert 0 <= found.wall_time < 1e11
    # texts and bfloat16, if a flip made them of it, are copies
    whole = np.frombuffer(buffer, np.uint8)
    if found.array.dtype != object and np.shares_memory(found.array, whole):
        at = found.array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
        assert 64 <= at <= at + found.array.nbytes <= 64 + len(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_a_sentence(content: bytes) -> None:
    """What is no record is refused, even where its length and checksums are right."""
    with pytest.raises(Damaged):
        read(record(content))
    with pytest.raises(Damaged):
        read(content)


@needs_corpus
def test_indices_and_records_agree_on_every_step() -> None:
    """In real trials of all frameworks a record says the mode and step that its index says."""
    for trial in NAMES:
        files = look(TRIALS / trial)
        indices = [read_index(files.folder, file) for file in files.index]
        told = reference()[trial]
        steps: dict[str, set[int]] = {}
        for index in indices:
            steps.setdefault(index.mode, set()).add(index.mode_step)
        unset = {"GLOBAL": steps.pop("GLOBAL")} if "GLOBAL" in steps else {}
        assert {mode: sorted(found) for mode, found in steps.items()} == told["modes"]
        assert bool(unset) != bool(told["modes"])  # smdebug lists GLOBAL nowhere
        assert sorted({file.step for file in files.index}) == told["steps"]
        assert list(files.workers) == told["workers"]
