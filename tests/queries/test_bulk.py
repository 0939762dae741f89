"""Do the bulk reader (SQL) and the careful reader (Python) give the same rows?

The law is one: whatever a file holds, reading it with ``Reading.bulk`` set or not gives the same
columns, rejects and counts. Left out are documents with a member twice and whole numbers past 64
bits, which JSON parsers read differently.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queries.reading import Reading
from queries.segments import Segment
from tests.queries.capturing import (
    JSON,
    NOON,
    base64_of,
    capture_file,
    guessed,
    line,
    npy_of,
    read_file,
    record,
    rows_in,
    written,
)

MIXED = ("CSV", "JSON")
BYTES = ("BASE64", "BASE64")
PNG = base64_of(b"\x89PNG\r\n\x1a\n\x00\xff")


@dataclass(frozen=True, slots=True)
class Sample:
    """Payloads of one kind: (given, answer), all in the same encodings.

    The reading is guessed from the first ``usual`` of them; what follows need not fit it.
    """

    pairs: tuple[tuple[object, object], ...]
    encodings: tuple[str, str] = ("CSV", "CSV")
    declared: dict[str, Any] = field(default_factory=dict)
    in_bulk: bool = True
    usual: int = 20

    def lines(self) -> list[bytes]:
        return [line(given, answer, encodings=self.encodings) for given, answer in self.pairs]


USUAL = (("1,2", "0.5"),) * 20
SAMPLES = {
    "csv number": Sample(
        (
            *USUAL, ("3,4", " 0.25\n"), ("5,", "1e-3"), ("5,6", "x"), ("5,6,7", "0.1"),
            ("nan,inf", "nan"), ("1,2", "inf"), ("1,2", "0.5\r\n"), ("1,2", "0.1,0.2"),
            (" 1 , 2\r\n", "\n0.5"), ("1,2", "0.5\n0.6"), ("1,2\n3,4", "0.5"), ("", ""),
            ("1_000,0x1F", "1_0"), ("١,1", "１"), ('"1",2', '"0.5"'), ("1,2", "-inf"),
            ("1,2", "1e400"), ("1,2", "true"), ("true,2", "0.5"), ("NaN,-nan", "0.5"),
        )
    ),
    "csv last column": Sample(
        (*USUAL, ("1", "3,4,5"), ("1", '"a,5,b",7')), declared={"column": -1}
    ),
    "csv second column": Sample(
        ((("1", "3,4")), ("1", '"a,5,b",7'), ("1", "3"), ("1", "3,4\n5,6")),
        declared={"column": 1}, usual=1,
    ),
    "csv label and score": Sample(
        (
            *[("a,2", "Adelie,0.96\n")] * 20, ("b,4", "Chinstrap, 0.5"), ("c,1", '"Adelie",0.3'),
            ('"x,y",1', '"A,5,b",0.3'), ("c,1", "Adelie"), ("c,1", " ,0.5"), ("c,1", "1.0,0.5"),
            ("c, 1 ", ",\n"), ("é\u00a0,1", "\u00a0Ü\u00a0,0.5"), ("c,1", "-2.00,1"),
            ("c\r,1", "a\rb,1"), ('c"d,1', 'a"b,1'), ("日本,1", "日本\u2028語,1"),
        )
    ),
    "csv lone text feature": Sample((*[("a", "0.5")] * 20, ("1\n2", "0.5"), ("\nb\n", "0.5"))),
    "csv vector": Sample(
        (
            *[("1,2", "0.1,0.9")] * 20, ("1,2", "0.5,0.5"), ("1,2", "nan,0.5"), ("1,2", "0.2"),
            ("1,2", "0.2,x"), ("1,2", "0.2,0.3,0.5\n"), ("1,2", '"0.2",0.8'), ("1,2", ""),
            ("1,2", "0.1,0.9\n0.8,0.2"), ("1,2", "inf,-inf"), ("1,2", "0.1,"),
        ),
        declared={"labels": ("it's no", "yes")},
    ),
    "csv batches": Sample(
        (
            ("1,2\n3,4", "0.1\n0.2"), ("\n1,2\r\n3,4\r\n", "\n0.1\r\n0.2\r\n"),
            ("1,2\n\n3,4", "0.1\n\n0.2"), ("1,2", "0.1\n0.2"), ("1,2\n3,4", "0.3"),
            ("1,2\n3", "0.3\n0.4"), ('1,2\n"3",4', "0.3\n0.4"), ("", "0.3"), ("\n\n", "0.3\n0.4"),
            ("1,2\n3,4", "0.3\nx"), ("1,2\n3,4", "x\nx"), ("1,2\n3,4", ""),
            ("1,2\n \n3,4", "1\n \n2"),
        ),
        usual=3,
    ),
    "csv batches of labels": Sample(
        (
            *[("1,a\n3,b", "x,0.1\ny,0.2")] * 20, ("1,a\n3,b\n", "x,0.1\n\u00a0\ny,0.2\n"),
            ('1,"a"\n3,b', 'x,0.1\n"y",0.2'), ("1,a\n3,b", "x\x0bz,0.1\ny\u2028,0.2"),
            ("1,a\rb\n3,b", "x,0.1\n\n\n\ny,0.2"), ("1,a\n3,b", "x,0.1\n,"),
        )
    ),
    "json score": Sample(
        (
            *[({"a": 1, "b": "x"}, {"score": 0.5})] * 20, ({"b": "y", "a": "2"}, {"score": "0.25"}),
            ({"a": None}, {"score": None}), ({"a": [1], "b": {"c": 1}}, {"score": [0.5]}),
            ({"a": True, "b": True}, {"score": True}), ({"b": ["x"], "a": 1}, {"score": 0.5}),
            ({"a": float("nan"), "b": float("inf")}, {"score": float("inf")}),
            ({"a": 1}, '{"score":1e400}'), ("[1]", '{"score":0.5} x'), ("{}", '{"score":NaN}'),
            ({"a": 1, "b": "[x]"}, '{"score":0.5}\n{"score":0.6}'), ("oops", '{"score":0.5}'),
            ('{"a":1}{"a":2}', '{"score":0.5}'), ("", ""), ({"a": 1, "b": -0.0}, {"score": -0.0}),
            ({"a": "\u2028", "b": "é\n"}, "\n{\n\"score\":\n0.5}\n"),
            ({"a": 1, "b": 1.0}, '{"score":1}'),
        ),
        JSON,
    ),
    "json predictions of one": Sample(
        (
            *[
                ({"instances": [{"features": [1, 2.5, "x"]}]}, {"predictions": [{"score": 0.5}]})
            ] * 20,
            (
                {"instances": [{"features": [1, 2.5]}]},
                {"predictions": [{"score": 0.5}, {"score": 1}]},
            ),
            (
                {"instances": [{"features": [1, 2, "y"]}, {"features": [1, 2, "z"]}]},
                {"predictions": [{"score": 0.7}]},
            ),
            ({"instances": [{"features": [1, 2, [1]]}]}, {"predictions": []}),
            ({"instances": [{"features": [1, 2, {"a": 1}]}]}, {"predictions": [{"score": 0.1}]}),
            ({"instances": []}, {"predictions": {"score": 1}}),
            ({"instances": {"features": [1, 2, "x"]}}, {"predictions": [{"score": 1}]}),
            ({"instances": [{"features": 1}]}, {"predictions": [{"score": {"a": 1}}]}),
        ),
        JSON,
    ),
    "json batches": Sample(
        (
            *[(
                {"instances": [{"features": [1, 2]}, {"features": [3, 4]}]},
                {"predictions": [{"score": 0.5, "label": 2}, {"score": 0.7, "label": 1.0}]},
            )] * 20,
            (
                {"instances": [{"features": [1, 2]}]},
                {"predictions": [{"score": 0.5, "label": "x"}]},
            ),
            (
                {"instances": [{"features": [1, 2]}, {"features": [None, "a"]}]},
                {"predictions": [None, {"score": float("nan"), "label": [1]}]},
            ),
            ({"instances": [[1, 2]]}, {"predictions": [{"label": ""}, {"label": "\n"}, 3]}),
            ({"instances": None}, {"predictions": []}),
        ),
        JSON,
    ),
    "json list of labels": Sample(
        (("1,2", ["a", "b"]), ("1,2", ["a"]), ("1\n2", ["a", 1])), MIXED, usual=1
    ),
    "json list of scores": Sample(
        (("1,2\n3,4", [3.5, 4]), ("1,2", [5]), ("1,2", [None])), MIXED, usual=1
    ),
    "json numbers in and out": Sample(
        (
            ({"instances": [1, 2]}, {"predictions": [3, 4.5]}),
            ({"instances": [1]}, {"predictions": [3, 4.5]}),
            ({"instances": [None, "x"]}, {"predictions": [3, 4.5]}),
            ({"instances": [[1], 2]}, {"predictions": [3, 4.5]}),
        ),
        JSON, usual=1,
    ),
    "json nested lists": Sample(
        (("1,2", {"a": [{"b": [1, 2]}, {"b": [3]}]}), ("1,2", {"a": [{"b": [4]}]})),
        MIXED, {"path": "$.a[*].b[*]", "kind": "regression"}, in_bulk=False,
    ),
    "images to a vector": Sample(
        ((PNG, [0.1, 0.9]), (PNG, [0.9, "0.95"]), ("not base64!", [1, 2]), (PNG, [1, None])),
        ("BASE64", "JSON"),
        usual=1,
    ),
    "json matrix": Sample(
        (
            *[("\n1,2\n3,4\n", {"predictions": [[0.1, 0.9], [0.8, 0.2]]})] * 5,
            ("1,2", {"predictions": [[0.1, 0.9]]}),
            ("1,2\n5,6", {"predictions": [[0.1, None], []]}),
            ("1,2\n5,6", {"predictions": [[float("nan"), 1], {"a": 1}]}),
            ("1,2", {"predictions": 1}),
        ),
        MIXED,
        usual=5,
    ),
    "json label": Sample(
        (
            ("1,2", {"label": "cat", "score": 0.5}), ("1,2", {"label": 1.0, "score": 0.5}),
            ("1,2", {"label": True, "score": 0.5}), ("1,2", {"label": {"a": 1}, "score": 0.5}),
            ("1,2", {"label": "[x]", "score": 0.5}), ("1,2", {"label": "é\u2028", "score": "0.5"}),
            ("1,2", {"label": 0.1, "score": 0.5}), ("1,2", {"label": " a ", "score": "x"}),
            ("1,2", {"label": 12345678901234567890, "score": 1e300}),
        ),
        MIXED, usual=1,
    ),
    "jsonlines": Sample(
        (
            ('{"features":[1,2]}\n{"features":[3,4]}', '{"score":0.5}\n{"score":0.25}\n'),
            ('{"features":[1,2]}', '{"score":0.5}'), ("[]\n[]", "oops\noops"),
        ),
        JSON, in_bulk=False,
    ),
    "quoted csv": Sample((*[('"a,b",1', '"x",0.5')] * 3, ("a,1", "x,0.5")), in_bulk=False),
    "base64 on both sides": Sample(
        (
            *[(base64_of("1,2"), base64_of("0.5\n"))] * 20, (base64_of('1,"2"'), base64_of("{}")),
            ("???", "0.5"), (base64_of("%PDF-1.4"), base64_of("0.25")), (base64_of("1,2"), "MC41"),
            (base64_of("1,2"), base64_of(b"\xff\xfe")), (base64_of("1,2") + "\n", "MC4x\n"),
        ),
        BYTES,
    ),
    "base64 labels": Sample(
        (*[(base64_of("x"), base64_of("cat"))] * 20, ("x!x", "Y2F"), ("x", "dog"), ("", "")), BYTES
    ),
    "json hidden in base64": Sample(
        (({"a": [1]}, base64_of('{"median": [1.5, 2]}')), ({"a": []}, base64_of("oops"))),
        ("JSON", "BASE64"),
        usual=1,
    ),
    "npy": Sample(
        (
            (npy_of([[1.0, 2.0], [3, 4]]), npy_of([[0.1, 0.9], [0.9, 0.1]])),
            (npy_of([[1.0, 2.0]]), npy_of([0])), (npy_of([[1.0]]), base64_of("0.1,0.9")),
        ),
        BYTES, in_bulk=False,
    ),
    "a language model": Sample(((({"inputs": "What?"}), {"generated_text": "An answer."}),), JSON),
}  # fmt: skip


def differently_described() -> list[bytes]:
    """Records whose envelope is anything but the usual one."""
    found: list[Any] = [record() for _ in range(3)]
    found.append(dict(reversed(record(event="e", inference="i").items())))
    found.append(record(invocationSource="ShadowExperiment", customAttributes=["a=b", "c"]))
    found += [record("1,2", None), record(None, "0.5")]
    for time in (
        "epoch", "infinity", "{%s}", "", None, 5, "2024-03-31", "2024-3-1T1:2:3Z",
        "0000-01-01T00:00:00Z",
        "2024-03-31T24:00:00Z", "2024-03-31T12:00:00.5Z", "2024-03-31T12:00:00.123456789Z",
        "2024-03-31T12:00:00+02:00", "2024-03-31T12:00:00", " 2024-03-31T12:00:00Z",
        "0001-01-01T00:00:00+14:00", "2024-02-30T12:00:00Z", "1999-12-31T23:59:59Z",
        "2024-03-31 12:00:00 Europe/Berlin", "2024-03-31T12:00:60Z",
    ):  # fmt: skip
        found.append(record(inferenceTime=time))
    for name, values in {
        "eventId": ("", None, 12, 1.5, True, {"a": 1}, [1, "x"]),
        "inferenceId": ("", None, 12, " blank first", "é\u0000"),
        "customAttributes": ("x", None, [], [1, None], {"a": "b"}),
    }.items():
        found += [record(**{name: value}) for value in values]
    found += [
        record(types=types) for types in ((None, None), ("", ""), ("text/csv; charset=x", None))
    ]
    found += [
        record(encodings=(None, None)),
        record(encodings=("csv", "Csv")),
        record(encodings=JSON),
    ]
    for data in (0.5, [1, 2], {"score": 1}, True, None):
        for side in ("endpointInput", "endpointOutput"):
            one = record()
            one["captureData"][side]["data"] = data
            found.append(one)
    without = record()
    del without["eventMetadata"]
    found += [without, {**record(), "eventMetadata": None}, {**record(), "more": {"a": [1]}}]
    found += [{"captureData": []}, {"captureData": {"endpointInput": []}}, {}, [], None, 5, "x"]
    found += [{**record(), "eventMetadata": []}, {"groundTruthData": {"data": "1"}}]
    return [written(one) for one in found]


def both_ways(lines: Iterable[bytes], reading: Reading) -> tuple[list[Any], list[Any]]:
    """All that each reader makes of the lines: rows, and the account of them."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as name:
        path = capture_file(Path(name), lines)
        bulk, careful = (
            seen(read_file(path, reading, Path(name) / str(how), bulk=how), Path(name) / str(how))
            for how in (True, False)
        )
    return bulk, careful


def seen(segment: Segment, folder: Path) -> list[Any]:
    rows = rows_in(folder / f"{segment.name}.parquet")
    for row in rows:
        del row["segment"], row["ok"]
    told = ("lines", "records", "rows", "unreadable", "without_time", "event_ids", "inference_ids")
    return [
        *rows, segment.rejects, segment.shapes, {name: getattr(segment, name) for name in told}
    ]  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_both_readers_give_the_same_rows(name: str) -> None:
    """Every kind of payload gives the same columns in bulk and with care."""
    sample = SAMPLES[name]
    reading = guessed(sample.lines()[: sample.usual], **sample.declared)
    assert reading.bulk == sample.in_bulk
    bulk, careful = both_ways(sample.lines(), reading)
    assert bulk == careful


def test_both_readers_understand_every_envelope() -> None:
    """Ids, times, content types and encodings of any type are read alike, or refused alike."""
    lines = differently_described()
    reading = guessed([line()] * 3)
    assert reading.bulk
    bulk, careful = both_ways(lines, reading)
    assert bulk == careful
    assert bulk[-1]["lines"] == len(lines)


def test_blank_lines_and_damage_are_counted_alike() -> None:
    """What is a line, and what a blank one, is the same to both readers."""
    lines = [
        line(), b"", b" \t", b"\x0b", b"\r", line() + b"\r", b"\x1c", b"\x00",
        b"\xef\xbb\xbf" + line(),
        line()[:50], line() + line(), line() + b" x", b"\xff" + line(), line(), b"\x85", b"\x0c",
    ]  # fmt: skip
    bulk, careful = both_ways(lines, guessed(lines))
    assert bulk == careful
    assert bulk[-1]["records"] == 3


CELLS = st.sampled_from(
    ["1", "0.5", "-2.0", "1e3", "nan", "inf", "", " 7 ", "cat", "é", '"q"', "a b", "true", "٣"]
)
CSV_TEXT = st.builds(
    lambda rows, ends, around: around[0] + ends.join(",".join(row) for row in rows) + around[1],
    st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=3),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.sampled_from([("", ""), ("", "\n"), ("\n", "\n"), ("", "\r\n"), ("\r\n", "")]),
)
SCALARS = (
    st.sampled_from([0, 1, -2.0, 0.5, True, None, "cat", "", "0.5", " 1.0 ", "é\u2028", "[x"])
    | st.sampled_from([0.0, -0.0, float("nan")])
    | st.floats(1e-4, 1e15, exclude_max=True)
    | st.floats(-1e15, -1e-4, exclude_min=True)
)  # fmt: skip
LISTS = st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=3)
ROWS = st.fixed_dictionaries(
    {}, optional={"score": SCALARS, "label": SCALARS, "features": LISTS, "x": SCALARS | LISTS}
)
DOCUMENTS = st.one_of(
    SCALARS, LISTS, ROWS, st.lists(ROWS, max_size=3),
    st.dictionaries(
        st.sampled_from(["predictions", "instances"]), LISTS | st.lists(ROWS, max_size=3)
    ),
)  # fmt: skip
TEXTS = CSV_TEXT | DOCUMENTS.map(lambda d: written(d).decode()) | st.text(max_size=5)
PAYLOADS = st.one_of(
    TEXTS.map(lambda t: (t, "CSV")),
    TEXTS.map(lambda t: (t, "JSON")),
    TEXTS.map(lambda t: (base64_of(t), "BASE64")),
    st.binary(max_size=8).map(lambda b: (base64_of(b), "BASE64")),
)


@example(
    usual=(("0", "CSV"), ('{"predictions":[],"instances":[{"score":NaN}]}', "JSON")),
    others=[],
    times=[timedelta(0)] * 7,
)
@settings(max_examples=30)
@given(
    usual=st.tuples(PAYLOADS, PAYLOADS),
    others=st.lists(st.tuples(PAYLOADS, PAYLOADS), max_size=6),
    times=st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), min_size=7, max_size=7),
)
def test_both_readers_agree_on_anything(
    usual: Any, others: list[Any], times: list[timedelta]
) -> None:
    """Mixtures of payloads, read as most of them suggest, give the same rows in both ways."""
    lines = [
        line(given, answer, at=NOON + time, encodings=(how, other), event=f"e{at}")
        for at, (((given, how), (answer, other)), time) in enumerate(
            zip([usual] * 3 + others, times * 2, strict=False)
        )
    ]
    reading = guessed(lines[:3])
    if reading.bulk:
        bulk, careful = both_ways(lines, reading)
        assert bulk == careful
