"""Is every line of ground truth understood or accounted for, whoever wrote it?"""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.config import Truth
from queries.errors import SourceError
from queries.truth_columns import columns_of
from queries.truth_lines import LabelsRead, id_of, labels_of, read_lines, time_of
from queries.truth_tables import read_rows
from tests.queries.capturing import npy_of
from tests.queries.labelling import monitored

TRUTH = Truth(location="labels")


def lines(*given: bytes, truth: Truth = TRUTH, whole: bool = False) -> LabelsRead:
    return read_lines(b"\n".join(given), truth, "labels.jsonl", whole=whole)


def rows(content: str, truth: Truth = TRUTH) -> LabelsRead:
    return read_rows(content.encode(), truth, "labels.csv", whole=False)


def reconciles(read: LabelsRead) -> bool:
    return read.lines == len(read.labels) + read.without_id + read.unreadable


def test_the_recorded_file_is_read_whole(corpus: Path) -> None:
    """Every line of the file that AWS's own SDK tests with has an event id and the label 0 or 1."""
    file = corpus / "captures" / "ground_truth" / "sagemaker-python-sdk__actuals.jsonl"
    read = read_lines(file.read_bytes(), TRUTH, file.name, whole=False)
    assert read.lines == len(read.labels) == len(file.read_bytes().splitlines())
    assert read.labels[0].id == "74b0dd56-e7c8-368e-94b1-14a138a96000"
    assert {each.labels for each in read.labels} == {("0",), ("1",)}
    # their inferenceTime is the text "{%s}", and would not be the label's time anyway
    assert {each.known for each in read.labels} == {None}


def test_both_ids_of_a_line_are_kept(corpus: Path) -> None:
    """The inference id comes first; one that is given twice counts once."""
    first, second, third = lines(
        monitored("1", event="e", inference="i"), monitored("1", event="e"),
        monitored("1", event="same", inference="same"),
    ).labels  # fmt: skip
    assert (first.id, first.other) == ("i", "e")
    assert (second.id, second.other) == ("e", None)
    assert (third.id, third.other) == ("same", None)


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("1", ("1",)), (1, ("1",)), (1.0, ("1",)), ("1.0", ("1",)), (" 1 \n", ("1",)),
        (True, ("true",)), ("spam", ("spam",)), ('"spam"', ("spam",)), (31.5, ("31.5",)),
        ("1\n0\n1", ("1", "0", "1")), ("1,0,1", ("1", "0", "1")), ([1, 0.0, "a"], ("1", "0", "a")),
        ("[1, 0]", ("1", "0")), ([[1], [0]], ("1", "0")), ("31.5,28", ("31.5", "28")),
        # commas of a text are no list
        ("Books, Music", ("Books, Music",)), ("[no list", ("[no list",)),
        (None, None), ("", None), ("\n", None), (float("nan"), None), ({"a": 1}, None),
        ([], None), ([1, None], None), ([1, [2, 3]], None),
    ],
)  # fmt: skip
def test_labels_are_written_as_answers_are(value: object, labels: tuple[str, ...] | None) -> None:
    """Numbers, texts and lists of either become labels; what is none is not made one."""
    assert labels_of(value) == labels


def test_a_label_of_several_parts_stays_whole() -> None:
    """A text with line breaks, or a document, is one label."""
    assert labels_of("Dear all,\nyes", whole=True) == ("Dear all,\nyes",)
    assert labels_of({"a": [1, 2]}, whole=True) == ('{"a":[1,2]}',)
    assert labels_of(None, whole=True) is None
    assert lines(monitored("a,\nb", event="e"), whole=True).labels[0].labels == ("a,\nb",)


@pytest.mark.parametrize(
    ("data", "encoding", "labels"),
    [
        (base64.b64encode(b"1\n0").decode(), "BASE64", ("1", "0")),
        (npy_of([[1.0], [0.0]]), "BASE64", ("1", "0")),
        ("!", "BASE64", None), ("[true,false]", "JSON", ("true", "false")),
        ('"a, b"', "JSON", ("a, b",)), ("{", "JSON", None), (1, "CSV", ("1",)), ("1", None, ("1",)),
    ],
)  # fmt: skip
def test_every_encoding_is_undone(data: object, encoding: str | None, labels: object) -> None:
    """CSV, JSON and BASE64, as captures have them; data that is no text is taken as it is."""
    held = {"data": data, "encoding": encoding}
    document = {"groundTruthData": held, "eventMetadata": {"eventId": "e"}}
    read = lines(json.dumps(document).encode())
    assert reconciles(read)
    assert (read.labels[0].labels if read.labels else None) == labels


def test_each_line_is_labels_or_accounted_for() -> None:
    """No JSON, no object, no id and no label each have their count; blank lines do not count."""
    read = lines(
        monitored("1", event="a"), b"", b"{broken", b"[1]", b'"text"', monitored("1"),
        monitored("", event="b"), b'{"groundTruthData": 1, "eventMetadata": 3}', b"   ",
    )  # fmt: skip
    assert (read.lines, len(read.labels)) == (7, 1)
    assert (read.without_id, read.unreadable) == (2, 4)


def test_plain_objects_are_read_by_their_keys() -> None:
    """Usual names in any spelling; ids may be numbers, times ISO 8601 or numbers of seconds."""
    read = lines(
        b'{"inferenceId": 57, "Label": 1, "timestamp": "2024-04-01T10:00:00+02:00"}',
        b'{"inferenceId": "x", "Label": false, "timestamp": 1711958400}',
        b'{"inferenceId": "y", "Label": "a", "timestamp": 1711958400000}',
        b'{"inferenceId": "z", "Label": 2}',
        b'{"Label": 2}',
        b'{"inferenceId": "q"}',
    )
    assert [each.id for each in read.labels] == ["57", "x", "y", "z"]
    assert [each.labels for each in read.labels] == [("1",), ("false",), ("a",), ("2",)]
    at = datetime(2024, 4, 1, 8)  # noqa: DTZ001 - UTC, as kept
    assert [each.known for each in read.labels] == [at, at, at, None]
    assert (read.without_id, read.unreadable) == (1, 1)


def test_a_document_of_records_is_read_too() -> None:
    """One array of objects, or objects written over several lines, are as many lines."""
    records = [{"id": "a", "label": 1}, {"id": "b", "label": 0}, 3]
    for text in (json.dumps(records), json.dumps(records, indent=2)):
        read = lines(text.encode())
        assert [each.id for each in read.labels] == ["a", "b"]
        assert (read.lines, read.unreadable) == (3, 1)
    pretty = "\n".join(json.dumps(each, indent=2) for each in records[:2])
    assert len(lines(pretty.encode()).labels) == 2


def test_a_stray_object_does_not_spoil_a_file() -> None:
    """Beside Model Monitor's lines an object of unknown keys is a line, not a reason to give up."""
    read = lines(monitored("1", event="a"), b'{"note": "end of batch"}')
    assert (len(read.labels), read.without_id) == (1, 1)


def test_captures_are_not_taken_for_labels() -> None:
    """A file of unknown keys is refused with a sentence that names them and the remedy."""
    with pytest.raises(SourceError, match=r"labels.jsonl has no key .* id .*captureData.*`id` in"):
        lines(b'{"captureData": {}, "eventMetadata": {}}')


@pytest.mark.parametrize(
    ("names", "truth", "found"),
    [
        (("id", "y"), {}, (("id",), "y", None)),
        (("event_id", "inferenceId", "id", "y"), {}, (("inferenceId", "event_id"), "y", None)),
        (("Request ID", "Ground_Truth", "timestamp"), {},
         (("Request ID",), "Ground_Truth", "timestamp")),
        (("a", "b", "c"), {"id": "c", "label": "a", "time": "b"}, (("c",), "a", "b")),
        (("id", "label", "target"), {"label": "target"}, (("id",), "target", None)),
    ],
)  # fmt: skip
def test_usual_names_are_found(names: tuple[str, ...], truth: dict, found: tuple) -> None:
    """What is declared wins; an id has two usual names, of which both may be there."""
    columns = columns_of(names, Truth(location="t", **truth), "t.csv")
    assert (columns.ids, columns.label, columns.time) == found


@pytest.mark.parametrize(
    ("names", "truth", "sentence"),
    [
        (("label",), {}, "no column with a usual name for the id .there are label.; name it"),
        (("id", "x"), {}, "no column with a usual name for the label"),
        (("id", "label", "y"), {}, "several columns that may hold the label: label, y; say which"),
        (("id", "requestId", "y"), {}, "several columns that may hold the id: id, requestId"),
        (("id", "y", "time", "timestamp"), {}, "several columns that may hold the time"),
        (("id", "y"), {"label": "z"}, "no column 'z', which `label` in .* names; there are id, y"),
        ((), {}, "there are none"),
    ],
)  # fmt: skip
def test_no_fit_and_several_fits_are_told(
    names: tuple[str, ...], truth: dict, sentence: str
) -> None:
    """The sentence says what was looked for, what is there, and which key settles it."""
    with pytest.raises(SourceError, match=sentence):
        columns_of(names, Truth(location="t", **truth), "t.csv")


def test_csv_keeps_ids_as_they_are_written() -> None:
    """007 is no 7; a row that does not fit the header is unreadable, not lost."""
    read = rows("id,label,time\n007,1,2024-04-01 08:00:00\n8,0.0,\n9,1,2,3,4\n,1,\nq,,\n")
    assert [(each.id, each.labels) for each in read.labels] == [("007", ("1",)), ("8", ("0",))]
    assert read.labels[0].known == datetime(2024, 4, 1, 8)  # noqa: DTZ001
    assert (read.lines, read.without_id, read.unreadable) == (5, 1, 2)


def test_a_cell_may_hold_the_labels_of_a_batch() -> None:
    """A list in JSON, or numbers with commas, in one quoted cell."""
    read = rows('id,y\na,"[31.5, 28]"\nb,"1,0"\nc;d,"x, y"\n')
    assert [each.labels for each in read.labels] == [("31.5", "28"), ("1", "0"), ("x, y",)]


def test_other_separators_are_seen() -> None:
    """Semicolons and tabs are found by looking."""
    assert rows("id;y\na;1\nb;0\n").labels[1].labels == ("0",)
    assert rows("id\ty\na\t1\nb\t0\n").labels[1].id == "b"


def parquet(select: str) -> bytes:
    file = io.BytesIO()
    with duckdb.connect() as database:
        from pyarrow.parquet import write_table

        write_table(database.sql(select).to_arrow_table(), file)
    return file.getvalue()


def test_parquet_types_are_taken_for_what_they_are() -> None:
    """Ids that became floats, lists, decimals, booleans, missing values and times with zones."""
    at = "TIMESTAMPTZ '2024-04-01 10:00:00+02'"
    content = parquet(
        f"SELECT 1.0::DOUBLE AS id, [1, 2] AS y, {at} AS time "
        f"UNION ALL SELECT 'nan'::DOUBLE, [1], {at} UNION ALL SELECT 3, NULL, NULL"
    )
    read = read_rows(content, TRUTH, "a.parquet", whole=False)
    assert [(each.id, each.labels, each.known) for each in read.labels] == [
        ("1", ("1", "2"), datetime(2024, 4, 1, 8))  # noqa: DTZ001
    ]
    assert (read.lines, read.without_id, read.unreadable) == (3, 1, 1)
    for value, label in (("1.50::DECIMAL(9,2)", "1.5"), ("true", "true"), ("7::TINYINT", "7")):
        found = read_rows(parquet(f"SELECT 5 AS id, {value} AS y"), TRUTH, "a.parquet", whole=False)
        assert (found.labels[0].id, found.labels[0].labels) == ("5", (label,))


def test_what_is_no_table_is_told() -> None:
    """A sentence with the name of the file and what is expected; an empty file has no lines."""
    with pytest.raises(SourceError, match=r"a.parquet cannot be read as labels .* Parquet"):
        read_rows(b"not parquet at all", TRUTH, "a.parquet", whole=False)
    assert rows("") == LabelsRead()
    assert rows("id,label\n").lines == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (None, None), ("", None), ([1], None),
     (float("nan"), None), (float("inf"), None)],
)  # fmt: skip
def test_ids_are_texts(value: object, text: str | None) -> None:
    """As captures write them; no id is made up of what is none."""
    assert id_of(value) == text


@pytest.mark.parametrize("value", ["soon", None, [], True, 1e300, "1e400", "-1e17", {}])
def test_no_time_is_made_up(value: object) -> None:
    """What is neither ISO 8601 nor a time since 1970 is no time."""
    assert time_of(value) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "groundTruthData": VALUES | st.fixed_dictionaries({"data": VALUES, "encoding": VALUES}),
        "eventMetadata": VALUES | st.fixed_dictionaries({"eventId": VALUES, "inferenceId": VALUES}),
        "id": VALUES,
        "label": VALUES,
        "time": VALUES,
    },
)
LINES = st.binary(max_size=40) | DOCUMENTS.map(lambda document: json.dumps(document).encode())


@given(st.lists(LINES, max_size=8), st.booleans())
def test_arbitrary_lines_reconcile(given: list[bytes], whole: bool) -> None:
    """Whatever a file holds, lines = labels + without id + unreadable, or a sentence says why."""
    try:
        read = lines(*given, whole=whole)
    except SourceError:
        return
    assert reconciles(read)
    for each in read.labels:
        assert each.id
        assert all(each.labels)
        # what is kept must be writable as UTF-8
        "".join((each.id, each.other or "", *each.labels)).encode()


@given(st.binary(max_size=60))
def test_arbitrary_tables_reconcile(content: bytes) -> None:
    """The same of a CSV file, with or without a header that fits."""
    for head in (b"", b"id,label\n"):
        try:
            read = read_rows(head + content, TRUTH, "labels.csv", whole=False)
        except SourceError:
            continue
        assert reconciles(read)
