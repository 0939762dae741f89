"""How does the engine read a whole segment of ordinary capture lines in one statement?

The SQL here is DuckDB's own, not one of the questions: it turns capture files into the columns
that the questions are asked over. It must agree with ``reading``, row for row; where it cannot
tell, a row comes back with ``ok`` false and is read again with care.
"""

from __future__ import annotations

from collections.abc import Sequence

from queries.paths import Path, path_text
from queries.reading import InputReading, OutputReading, Reading

# Every key a record can have is named: DuckDB skips unnamed keys about fifteen times slower.
_SIDE = 'STRUCT(observedContentType VARCHAR, mode VARCHAR, "data" VARCHAR, encoding VARCHAR)'
_COLUMNS = (
    f"{{captureData: 'STRUCT(endpointInput {_SIDE}, endpointOutput {_SIDE})', "
    "eventMetadata: 'STRUCT(eventId VARCHAR, inferenceId VARCHAR, customAttributes VARCHAR[], "
    "invocationSource VARCHAR, inferenceTime VARCHAR)', eventVersion: 'VARCHAR'}"
)
_BLANKS = r"E' \t\r\n'"
# What a row holds whichever reader wrote it; features f0, f1, … follow.
ROW_COLUMNS = (
    "line, pos, ts, event_id, inference_id, input_hash, label, score, "
    "content_type_in, encoding_in, content_type_out, encoding_out"
)


def source(paths: Sequence[str], *, longest_line: int) -> str:
    """The capture lines of some files; a line that is no record becomes a row of NULLs."""
    files = ", ".join(quoted(path) for path in paths)
    return (
        f"read_json([{files}], format = 'newline_delimited', columns = {_COLUMNS}, "
        f"ignore_errors = true, compression = 'uncompressed', "
        f"maximum_object_size = {longest_line})"
    )


def rows(reading: Reading, lines: str, *, with_features: bool) -> str:
    """SQL giving ``ROW_COLUMNS``, the features and ``ok`` for every row of ``lines``.

    ``line`` numbers the non-blank lines from 1 in the order read (one thread keeps it); ``pos``
    numbers the rows of a record from 0.
    """
    given = reading.input if with_features else InputReading("none")
    records = _records(reading, lines)
    if reading.batched:
        records = _unnested(reading, given, records)
    else:
        records = f"SELECT *, 0::UINTEGER AS pos, true AS aligned FROM ({records})"
    label, score, answer = _answer(reading.output, row=reading.batched)
    cells = _cells(given, row=reading.batched)
    width = len(given.names)
    features = ", ".join(
        (f"v[{at + 1}]" if numeric else _clean(f"s[{at + 1}]")) + f" AS f{at}"
        for at, numeric in enumerate(given.numeric)
    )
    complete = f"AND coalesce(len(s), 0) = {width} AND aligned" if width else ""
    numbers = "try_cast(s AS DOUBLE[])" if any(given.numeric) else "NULL"
    return (
        f"SELECT line, pos, ts, event_id, inference_id, hash(x) AS input_hash, label, score, "
        f"content_type_in, encoding_in, content_type_out, encoding_out, "
        f"{features + ', ' if features else ''}"
        f"coalesce(plain AND ts IS NOT NULL AND x IS NOT NULL "
        f"AND (label IS NOT NULL OR score IS NOT NULL) {complete}, false) AS ok "
        f"FROM (SELECT *, {numbers} AS v, {label} AS label, {score} AS score "
        f"FROM (SELECT *, {answer} AS a, {cells} AS s FROM ({records})))"
    )


def _records(reading: Reading, lines: str) -> str:
    """One row a line: the metadata and both payloads as text; ``plain`` if encoded as expected."""
    sides = {}
    for name, side, encoding in zip(
        "xy", ("endpointInput", "endpointOutput"), reading.encodings, strict=True
    ):
        data = f"captureData.{side}.data"
        # bytes that are no text (an image) stay as they are: only their hash is needed
        sides[name] = (
            f"coalesce(try(decode(from_base64({data}))), {data})" if encoding == "BASE64" else data
        )
    plain = " AND ".join(
        f"captureData.{side}.encoding = {quoted(encoding)}"
        for side, encoding in zip(
            ("endpointInput", "endpointOutput"), reading.encodings, strict=True
        )
    )
    if not reading.batched:
        plain += f" AND {_one_row(reading.output, sides['y'])}"
    return (
        f"SELECT row_number() OVER ()::UINTEGER AS line, "
        f"try_cast(eventMetadata.inferenceTime AS TIMESTAMPTZ)::TIMESTAMP AS ts, "
        f"nullif(eventMetadata.eventId, '') AS event_id, "
        f"nullif(eventMetadata.inferenceId, '') AS inference_id, "
        f"captureData.endpointInput.observedContentType AS content_type_in, "
        f"captureData.endpointInput.encoding AS encoding_in, "
        f"captureData.endpointOutput.observedContentType AS content_type_out, "
        f"captureData.endpointOutput.encoding AS encoding_out, "
        f"{sides['x']} AS x, {sides['y']} AS y, {plain} AS plain FROM {lines}"
    )


def _unnested(reading: Reading, given: InputReading, records: str) -> str:
    """One row an instance, numbered; a record with no readable row keeps one, to be read again."""
    ys = _row_list(reading.output, "y")
    xs = _row_list(given, "x") if given.names else "NULL"
    aligned = "len(xs) = len(ys)" if given.names else "true"
    return (
        f"SELECT * EXCLUDE (xs, ys), xs[pos + 1] AS xr, ys[pos + 1] AS yr FROM ("
        f"SELECT *, coalesce({aligned}, false) AS aligned, "
        f"unnest(range(greatest(coalesce(len(ys), 0), 1)))::UINTEGER AS pos "
        f"FROM (SELECT *, {xs} AS xs, {ys} AS ys FROM ({records})))"
    )


def _one_row(reading: OutputReading, text: str) -> str:
    """SQL that is false for a record of several rows, where the sample had none."""
    if reading.form == "csv":
        # a whole cell read as a number needs no check: two lines are no number
        alone = reading.label is None and reading.score == 0 and not reading.argmax
        return "true" if alone else f"NOT contains(trim({text}, {_BLANKS}), chr(10))"
    if None in reading.rows:
        listed = _path(reading.rows[: reading.rows.index(None)])
        return f"coalesce(try(json_array_length({text}, {listed})), 1) = 1"
    return "true"


def _row_list(reading: OutputReading | InputReading, text: str) -> str:
    if reading.form == "csv":
        return f"string_split(trim({text}, {_BLANKS}), chr(10))"
    if reading.rows:
        return f"try(json_extract({text}, {_path(reading.rows)}))::VARCHAR[]"
    return f"[{text}]"


def _answer(reading: OutputReading, *, row: bool) -> tuple[str, str, str]:
    """SQL of the label and the score over ``a``, and of ``a`` itself: the answer's cells."""
    text = "yr" if row else "y"
    if reading.form == "none":
        return "NULL::VARCHAR", "NULL::DOUBLE", "NULL"
    if reading.argmax:
        vector = (
            f"string_split({text}, ',')"
            if reading.form == "csv"
            else _json_list(text, _inside(reading.rows, reading.score, row=row))
        )
        at = "list_position(a, list_max(a))"
        names = (
            f"[{', '.join(map(quoted, reading.labels))}]::VARCHAR[]"
            if reading.labels
            else "[]::VARCHAR[]"
        )
        whole = "list_count(a) = len(a) AND len(a) > 0"
        return (
            f"CASE WHEN {whole} THEN coalesce(({names})[{at}], ({at} - 1)::VARCHAR) END",
            f"CASE WHEN {whole} THEN list_max(a) END",
            f"try_cast({vector} AS DOUBLE[])",
        )
    places = [place for place in (reading.label, reading.score) if place is not None]
    of: dict[Path | int | None, str] = {}
    if reading.form == "json":
        paths = [_path(_inside(reading.rows, place, row=row)) for place in places]
        cells = f"try(json_extract_string({text}, [{', '.join(paths)}]))"
        of = {place: f"a[{at + 1}]" for at, place in enumerate(places)}
    elif places == [0]:
        # a lone cell need not be split: a number shows by itself that it is alone
        cells, of = text, {0: "a" if reading.label is None else "split_part(a, ',', 1)"}
    else:
        cells = f"string_split({text}, ',')"
        of = {place: f"a[{_position(place)}]" for place in places if isinstance(place, int)}
    label = of.get(reading.label) if reading.label is not None else None
    score = of.get(reading.score) if reading.score is not None else None
    return (
        _clean(label) if label else "NULL::VARCHAR",
        # NaN is no answer
        f"nullif(try_cast({score} AS DOUBLE), 'nan'::DOUBLE)" if score else "NULL::DOUBLE",
        cells,
    )


def _position(column: int) -> int:
    """A CSV column as a list index: SQL counts from 1, and both count from the end below 0."""
    return column + 1 if column >= 0 else column


def _cells(reading: InputReading, *, row: bool) -> str:
    """SQL of the list of a row's feature texts."""
    text = "xr" if row else "x"
    if not reading.names:
        return "NULL"
    if reading.form == "csv":
        # a quoted cell may hold a comma: such a row is left to the careful reader
        return f"CASE WHEN NOT contains({text}, '\"') THEN string_split({text}, ',') END"
    if reading.vector is not None:
        return _json_list(text, _inside(reading.rows, reading.vector, row=row))
    paths = ", ".join(_path(_inside(reading.rows, key, row=row)) for key in reading.keys)
    return f"try(json_extract_string({text}, [{paths}]))"


def _inside(rows: Path, place: Path | int | None, *, row: bool) -> Path:
    """The path from the text at hand: from the row itself, or from the one row of a document."""
    inside = place if isinstance(place, tuple) else ()
    return inside if row else (*(0 if step is None else step for step in rows), *inside)


def _json_list(text: str, path: Path) -> str:
    return f"try(json_extract_string({text}, {_path((*path, None))}))"


def _clean(label: str) -> str:
    """As ``reading.as_label``: trimmed, 1.0 written as 1, and nothing for an empty text."""
    return f"nullif(regexp_replace(trim({label}, {_BLANKS}), '^(-?\\d+)\\.0+$', '\\1'), '')"


def _path(path: Path) -> str:
    return quoted(path_text(path))


def quoted(value: str) -> str:
    """A SQL string literal. Paths and labels come from the configuration, never from a request."""
    return "'" + value.replace("'", "''") + "'"
