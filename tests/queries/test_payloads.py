"""Is what was sent and answered shown as it was, and nothing else ever read?"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries import payloads as module
from queries.config import Config, Prediction, Test
from queries.errors import QuestionError
from queries.opened import Opened, open_test
from queries.payloads import Payload, disagreements, payloads, rejects, unread
from tests.queries.capturing import (
    JSON,
    NOON,
    base64_of,
    capture_file,
    content,
    line,
    npy_of,
    record,
)

BYTES = ("BASE64", "BASE64")
PNG = base64_of(b"\x89PNG\r\n\x1a\n\x00\xff")


def opened(
    folder: Path, production: bytes | list[bytes], shadow: bytes | list[bytes], **prediction: Any
) -> Opened:
    """A test with these captures."""
    capture_file(folder / "captures", production)
    capture_file(folder / "captures", shadow, variant="Shadow")
    asked = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        prediction=Prediction(**prediction),
    )
    return open_test(Config(tests=(asked,), cache=folder / "cache"), asked)


def test_the_newest_answer_that_was_not_read_is_shown(tmp_path: Path) -> None:
    """It is the one to ask about; where all were read, there is nothing to ask."""
    odd = '{"outcome": {"risk": "high"}}'
    answers = [line("1", '{"score": 0.5}', at=at, encodings=("CSV", "JSON")) for at in range(40)]
    strange = [line("1", odd, at=at, encodings=("CSV", "JSON")) for at in (50, 60)]
    found = opened(tmp_path, [*answers, *strange], answers)
    told = unread(found, "all")
    assert told is not None
    assert (told.total, told.variant) == (2, "production")
    assert told.payload is not None
    assert (told.payload.line, json.loads(told.payload.output)) == (42, json.loads(odd))
    first = found.extent()
    assert first is not None
    start = first[0]
    assert unread(found, f"{start:%Y-%m-%dT%H:%M:%S}Z/{start:%Y-%m-%dT%H:%M}:30Z") is None


def first_of(found: Opened, variant: str) -> str:
    """The reference to the first record of a variant."""
    (segment, *_) = found.captured.ingested.of(variant)
    side = "production" if variant == found.test.production else "shadow"
    return found.captured.reference(side, int(segment.name, 16), 1)


def shown(found: Opened) -> tuple[Payload, Payload]:
    """Both payloads of the first pair that there is, whether it agrees or not."""
    pair = payloads(found, first_of(found, "AllTraffic"), first_of(found, "Shadow"))
    assert pair.production is not None
    assert pair.shadow is not None
    return pair.production, pair.shadow


@pytest.mark.parametrize(
    ("given", "answer", "encodings", "text_in", "text_out"),
    [
        ("1,2", "0.5\n", ("CSV", "CSV"), "1,2", "0.5\n"),
        ('{"a":1}', '[0.5]', JSON, '{\n  "a": 1\n}', "[\n  0.5\n]"),
        (base64_of("1,2"), base64_of('{"a":1}'), BYTES, "1,2", '{\n  "a": 1\n}'),
        (PNG, base64_of(b"\xfe\xff"), BYTES, "[image/png, 16 characters of BASE64]",
         "[binary (application/octet-stream), 4 characters of BASE64]"),
        ("no base64", "0.5", ("BASE64", "CSV"), "[invalid BASE64, 9 characters of BASE64]", "0.5"),
        (npy_of([[1.0, 2.0]]), "0.5", ("BASE64", "CSV"), "array of shape (1, 2)\n[[1. 2.]]", "0.5"),
        ('{"a":1}\n{"a":2}', "{oops", JSON, '{"a":1}\n{"a":2}', "{oops"),
        ("<script>alert(1)</script>", "=1+1", ("CSV", "CSV"), "<script>alert(1)</script>", "=1+1"),
        ("", "0.5", ("CSV", "CSV"), "", "0.5"),
    ],
)  # fmt: skip
def test_payloads_are_shown_decoded(
    tmp_path: Path, given: str, answer: str, encodings: tuple[str, str], text_in: str, text_out: str
) -> None:
    """Text is decoded, JSON laid out, and bytes are named instead of shown."""
    one = line(given, answer, encodings=encodings, event="e", inference="i")
    for found in shown(opened(tmp_path, [one], [one])):
        assert (found.input, found.output) == (text_in, text_out)
        assert (found.encoding_in, found.encoding_out) == encodings
        assert (found.event_id, found.inference_id, found.time) == ("e", "i", NOON)
        assert found.line == 1
        assert not found.truncated


def test_a_side_that_was_not_captured_is_empty(tmp_path: Path) -> None:
    """Input-only capture shows the input, and nothing for the answer."""
    one = line("1,2", None, event="e")
    found, _ = shown(opened(tmp_path, [one], [one]))
    assert (found.input, found.output, found.content_type_out) == ("1,2", "", "")


def test_long_payloads_are_cut_and_say_so(tmp_path: Path) -> None:
    """What is longer than anybody reads is cut, of either side."""
    long = "x" * (module.LONGEST_TEXT + 1)
    just = "y" * module.LONGEST_TEXT
    one = [line(long, "0.5", event="e")]
    other = [line(just, '{"a": "' + long + '"}', event="e", encodings=("CSV", "JSON"))]
    first, second = shown(opened(tmp_path, one, other))
    assert (len(first.input), first.truncated) == (module.LONGEST_TEXT, True)
    assert (len(second.output), second.truncated) == (module.LONGEST_TEXT, True)
    assert second.input == just


def pretty(name: str) -> bytes:
    return json.dumps(record("1,2", "0.5", event=name), indent=2).encode()


@pytest.mark.parametrize(
    ("wrap", "line_number"),
    [
        (lambda first, second: content([first, second]), 2),
        (lambda first, second: content([first, b"oops", b"", second]), 4),
        (lambda first, second: gzip.compress(content([first, second])), 2),
        (lambda first, second: b"\xef\xbb\xbf" + first + b"\r\n" + second, 2),
        (lambda first, second: b"\n\n" + content([first, second]), 4),
        (lambda first, second: pretty("a") + b"\n" + pretty("b"), pretty("a").count(b"\n") + 2),
    ],
)
def test_a_row_is_found_again_in_any_file(
    tmp_path: Path, wrap: Callable[[bytes, bytes], bytes], line_number: int
) -> None:
    """Blank lines, rejects, gzip, marks and documents do not shift which record is shown."""
    raw = wrap(line("1,2", "0.5", event="a"), line("1,2", "0.5", event="b"))
    before = tmp_path / "captures" / "fraud" / "AllTraffic" / "2024" / "03" / "31" / "12"
    before.mkdir(parents=True)
    (before / "00-00-000-00.jsonl").write_bytes(b"")
    found = opened(tmp_path, raw, [line("1,2", "0.5", event="b")])
    pairs = disagreements(found, "all", production_label="1")
    (row,) = pairs.rows
    pair = payloads(found, row.production_ref, row.shadow_ref)
    assert pair.production is not None
    assert (pair.production.event_id, pair.production.line) == ("b", line_number)
    assert pair.production.address.endswith("00-00-000-0a1b.jsonl")


def test_an_object_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    """Captures are deleted in time: the pair is still known, its payload is not."""
    one = [line(event="e")]
    found = opened(tmp_path, one, one)
    next((tmp_path / "captures").rglob("Shadow/**/*.jsonl")).unlink()
    pair = payloads(found, *(first_of(found, each) for each in ("AllTraffic", "Shadow")))
    assert pair.production is not None
    assert pair.shadow is None


@pytest.mark.parametrize(
    "damage", [b"", b"oops\n", gzip.compress(b"x" * 99, mtime=0)[:-9], b"\xff\n"]
)
def test_an_object_that_changed_shows_nothing(tmp_path: Path, damage: bytes) -> None:
    """An object overwritten since is not shown as what it was."""
    one = [line(event="e")]
    found = opened(tmp_path, one, one)
    next((tmp_path / "captures").rglob("Shadow/**/*.jsonl")).write_bytes(damage)
    pair = payloads(found, *(first_of(found, each) for each in ("AllTraffic", "Shadow")))
    assert pair.shadow is None


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """One pair of one record."""
    return opened(tmp_path_factory.mktemp("small"), [line(event="e")], [line(event="e")])


@pytest.mark.parametrize(
    "reference",
    [
        "", "../../etc/passwd", "0123456789abcdef-1", "{name}-0", "{name}-2", "{name}--1",
        "{name}-1e9", "{name}-1 ", " {name}-1", "{name}-99999999999", "{name}", "{name}-01",
        "/{name}-1", "{name}-1\n", "{name}-１",
    ],
)  # fmt: skip
def test_a_reference_that_was_not_given_out_is_refused(small: Opened, reference: str) -> None:
    """Nothing that comes from a browser is taken for a path or a line that is not there."""
    name = first_of(small, "AllTraffic").removesuffix("-1")
    with pytest.raises(QuestionError, match="not part of the test"):
        payloads(small, reference.format(name=name), f"{name}-1")


def test_a_reference_outlives_new_captures(tmp_path: Path) -> None:
    """What was linked to before more captures arrived is the same record afterwards."""
    sides = [[line("1,2", answer, event=n) for n in ("a", "b")] for answer in ("1", "0")]
    before = opened(tmp_path, *sides)
    rows = disagreements(before, "all").rows
    links = [(row.production_ref, row.shadow_ref) for row in rows]
    for variant, answer in (("AllTraffic", "1"), ("Shadow", "0")):
        more = [line("3,4", answer, event=n) for n in ("c", "d")]
        # sorted before the first
        capture_file(tmp_path / "captures", more, variant=variant, name="00-00-000-0000.jsonl")
    after = open_test(before.config, before.test)
    assert {s.name for s in after.captured.ingested.segments} != {
        s.name for s in before.captured.ingested.segments
    }
    assert [payloads(after, *link) for link in links] == [payloads(before, *link) for link in links]
    again = {(row.production_ref, row.shadow_ref) for row in disagreements(after, "all").rows}
    assert len(again) == 4
    assert set(links) <= again


@given(st.text())
def test_any_text_is_refused(small: Opened, reference: str) -> None:
    """No text but a reference reads anything."""
    with pytest.raises(QuestionError):
        payloads(small, reference, reference)


def test_disagreements_by_label_and_without(tmp_path: Path) -> None:
    """Without labels the pairs that disagree; with labels those of that cell, newest first."""
    answers = [("0.9", "0.8"), ("0.9", "0.1"), ("0.2", "0.9"), ("0.2", "0.1"), ("0.3", "oops")]
    sides = [
        [line("1,2", pair[side], at=n, inference=f"r{n}") for n, pair in enumerate(answers)]
        for side in (0, 1)
    ]
    found = opened(tmp_path, sides[0], sides[1], column=0, kind="binary")
    every = disagreements(found, "all")
    assert [(row.production_label, row.shadow_label) for row in every.rows] == [
        ("0", "1"),
        ("1", "0"),
    ]
    assert (every.total, every.rows[0].production_score) == (2, 0.2)
    cell = disagreements(found, "all", production_label="1", shadow_label="1")
    assert [row.shadow_score for row in cell.rows] == [0.8]
    assert disagreements(found, "all", production_label="1").total == 2
    assert disagreements(found, "all", shadow_label="x' OR '1'='1").rows == ()
    few = disagreements(found, "all", most=1)
    assert (len(few.rows), few.total) == (1, 2)
    assert disagreements(found, "2024-03-31T12:00:02Z/2024-03-31T12:00:03Z").total == 1


def test_rows_of_a_batch_are_told_apart(tmp_path: Path) -> None:
    """Each answer of a batch is a row of its own, with its place in the record."""
    one = [line("1\n2\n3", "0.1\n0.2\n0.3", inference="i")]
    other = [line("1\n2\n3", "0.1\n0.9\n0.8", inference="i")]
    found = opened(tmp_path, one, other)
    assert [row.row for row in disagreements(found, "all").rows] == [1, 2]


def test_rejects_tell_lines_and_files(tmp_path: Path) -> None:
    """What could not be read is listed: files that failed, and lines with their place."""
    broken = gzip.compress(content([line()] * 9))[:-9]
    capture_file(tmp_path / "captures", broken, name="59.jsonl")
    found = rejects(opened(tmp_path, [line(event="e"), b"oops"], [line(event="e")]))
    assert [(each.file.rpartition("/")[2], each.line) for each in found] == [
        ("59.jsonl", 0),
        ("00-00-000-0a1b.jsonl", 2),
    ]
    assert "not a whole gzip file" in found[0].reason


@pytest.mark.parametrize("text", ['{"a":1e2}', '{"a":123456789012345678901}', '["\\u00e9"]'])
def test_what_laying_out_would_change_is_shown_as_sent(text: str) -> None:
    """A number or a text is never shown in another spelling than the one that was sent."""
    assert module._laid_out(text) == text
    assert module._laid_out('{"a":1.5}') == '{\n  "a": 1.5\n}'
