"""How does the engine read a whole segment of ordinary capture lines in one statement?

The SQL here is DuckDB's own, not one of the questions: it turns capture files into the columns
that the questions are asked over. It must agree with ``reading``, row for row; where it cannot
tell, a row comes back with ``ok`` false and is read again with care.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as File

from queries.cluster_columns import in_duckdb
from queries.log_lines import LOG_COLUMNS, side_fields
from queries.paths import Path, path_text
from queries.reading import InputReading, Layout, OutputReading, Reading

# Every key a record can have is named, so that none has to be skipped as unknown.
_SIDE = 'STRUCT(observedContentType VARCHAR, mode VARCHAR, "data" VARCHAR, encoding VARCHAR)'
_COLUMNS = (
    f"{{captureData: 'STRUCT(endpointInput {_SIDE}, endpointOutput {_SIDE})', "
    "eventMetadata: 'STRUCT(eventId VARCHAR, inferenceId VARCHAR, customAttributes VARCHAR[], "
    "invocationSource VARCHAR, inferenceTime VARCHAR)', eventVersion: 'VARCHAR'}"
)
_BLANKS = r"E' \t\r\n'"
# Of the many spellings of a time that the engine knows ('epoch' is one), those of the captures.
# TIMESTAMP takes half the time of TIMESTAMPTZ, but passes over an offset: the first has none.
_TIME = (
    "CASE WHEN t LIKE '%T24%' THEN NULL "
    "WHEN t LIKE '2___-__-__T__:__:__Z' THEN try_cast(t AS TIMESTAMP) "
    "WHEN t LIKE '2___-__-__T__:__:__.%Z' THEN try_cast(t AS TIMESTAMPTZ)::TIMESTAMP END"
)
# What a row holds whichever reader wrote it; features f0, f1, … follow.
ROW_COLUMNS = (
    "line, pos, ts, event_id, inference_id, input_hash, input_bytes, label, score, answer, "
    "status, latency_ms, failure, shape, cluster"
)
EMPTY = {
    "segment": "UBIGINT",
    "line": "UINTEGER",
    "pos": "UINTEGER",
    "ts": "TIMESTAMP",
    "event_id": "VARCHAR",
    "inference_id": "VARCHAR",
    "input_hash": "UBIGINT",
    "input_bytes": "UINTEGER",
    "label": "VARCHAR",
    "score": "DOUBLE",
    "answer": "VARCHAR",
    "status": "SMALLINT",
    "latency_ms": "DOUBLE",
    "failure": "VARCHAR",
    "shape": "VARCHAR",
    "cluster": "UBIGINT",
}
"""Name and type of the columns of a segment, for a variant that has none."""
UNREADABLE = "label IS NULL AND score IS NULL AND answer IS NULL AND failure IS NULL"
"""Of a row that holds an answer from which nothing could be read; a failed request has none."""
_SHAPE = ("content_type_in", "encoding_in", "content_type_out", "encoding_out")


def source(paths: Sequence[str], layout: Layout, *, longest_line: int) -> str:
    """The lines of some files; a line that is no record becomes a row of NULLs."""
    files = ", ".join(quoted(path) for path in paths)
    columns = _COLUMNS if layout == "capture" else LOG_COLUMNS
    return (
        f"read_json([{files}], format = 'newline_delimited', columns = {columns}, "
        f"ignore_errors = true, compression = 'uncompressed', "
        f"maximum_object_size = {longest_line})"
    )


def rows(reading: Reading, lines: str, usual: Sequence[str], *, with_features: bool) -> str:
    """SQL giving ``ROW_COLUMNS``, the features and ``ok`` for every row of ``lines``.

    ``line`` numbers the non-blank lines from 1 in the order read (one thread keeps it); ``pos``
    numbers the rows of a record from 0; ``shape`` is as given by ``shape(usual)``.
    """
    given = reading.input if with_features else InputReading("none")
    records = _records(reading, lines)
    if reading.batched:
        records = _unnested(reading, given, records)
    else:
        records = f"SELECT *, 0::UINTEGER AS pos, true AS aligned FROM ({records})"
    label, score, answer = _answer(reading.output, row=reading.batched)
    whole = "a" if reading.output.whole else "NULL::VARCHAR"
    cells = _cells(given, row=reading.batched)
    features = ", ".join(
        (f"v[{at + 1}]" if numeric else _clean(f"s[{at + 1}]")) + f" AS f{at}"
        for at, numeric in enumerate(given.numeric)
    )
    numbers = "try_cast(s AS DOUBLE[])" if any(given.numeric) else "NULL"
    return (
        f"SELECT line, pos, ts, event_id, inference_id, hash(coalesce(x, x0)) AS input_hash, "
        f"strlen(x0)::UINTEGER AS input_bytes, label, score, {whole} AS answer, status, "
        f"latency_ms, failure, {shape(usual)} AS shape, {_cluster(reading, given)} AS cluster, "
        f"{features + ', ' if features else ''}"
        f"CASE WHEN NOT absent THEN coalesce({' AND '.join(_plain(reading, given))}, false) END "
        "AS ok "
        f"FROM (SELECT *, {numbers} AS v, {label} AS label, {score} AS score "
        f"FROM (SELECT *, {answer} AS a, {cells} AS s FROM ({records})))"
    )


def shape(usual: Sequence[str]) -> str:
    """SQL of a record's content types and encodings: NULL for the usual ones, else a JSON list.

    Four columns that hardly ever change would cost half the time of writing a shadow's rows.
    """
    same = " AND ".join(
        f"{name} = {quoted(value)}" if value else f"{name} IS NULL"
        for name, value in zip(_SHAPE, usual, strict=True)
    )
    return f"CASE WHEN {same} THEN NULL ELSE to_json([{', '.join(_SHAPE)}])::VARCHAR END"


def _cluster(reading: Reading, given: InputReading) -> str:
    at = -1 if reading.cluster is None else reading.cluster.feature
    if at is None or at < 0:
        return in_duckdb(reading.cluster, "NULL", numeric=False)
    numeric = given.numeric[at]
    cell = f"v[{at + 1}]" if numeric else _clean(f"s[{at + 1}]")
    return in_duckdb(reading.cluster, cell, numeric=numeric)


def _records(reading: Reading, lines: str) -> str:
    """One row a line: the metadata, both payloads as captured (x0, y0) and as text (x, y)."""
    text = {
        name: f"try(decode(from_base64({name}0)))" if encoding == "BASE64" else f"{name}0"
        for name, encoding in zip("xy", reading.encodings, strict=True)
    }
    fields = _CAPTURED if reading.layout == "capture" else side_fields(reading.layout)
    return (
        f"SELECT *, {text['x']} AS x, {text['y']} AS y, {_TIME} AS ts FROM ("
        f"SELECT row_number() OVER ()::UINTEGER AS line, {fields} FROM {lines})"
    )


_CAPTURED = (
    "eventMetadata.inferenceTime AS t, "
    "nullif(eventMetadata.eventId, '') AS event_id, "
    "nullif(eventMetadata.inferenceId, '') AS inference_id, "
    "nullif(captureData.endpointInput.observedContentType, '') AS content_type_in, "
    "nullif(captureData.endpointInput.encoding, '') AS encoding_in, "
    "nullif(captureData.endpointOutput.observedContentType, '') AS content_type_out, "
    "nullif(captureData.endpointOutput.encoding, '') AS encoding_out, "
    "array_to_string(eventMetadata.customAttributes, ',') AS attributes, "
    "captureData.endpointInput.data AS x0, captureData.endpointOutput.data AS y0, "
    "false AS absent, NULL::SMALLINT AS status, NULL::DOUBLE AS latency_ms, "
    "NULL::VARCHAR AS failure"
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


def _plain(reading: Reading, given: InputReading) -> Iterator[str]:
    """Conditions under which the SQL reads a row as ``reading`` does; else it is read again."""
    given_as, answered_as = map(quoted, reading.encodings)
    yield f"encoding_in = {given_as}"
    yield f"(encoding_out = {answered_as} OR failure IS NOT NULL)"
    yield "ts IS NOT NULL"
    yield "x0 IS NOT NULL"
    if reading.output.whole:
        yield "(a IS NOT NULL OR failure IS NOT NULL)"
    else:
        yield "(label IS NOT NULL OR score IS NOT NULL OR failure IS NOT NULL)"
    if reading.layout != "capture":
        # what the careful reader refuses
        yield "asked"
        yield "(status0 IS NULL OR status IS NOT NULL)"
        yield "(latency0 IS NULL OR latency_ms IS NOT NULL)"
    yield from _answer_is_plain(reading)
    if given.names:
        yield from _features_are_plain(reading, given)


def _answer_is_plain(reading: Reading) -> Iterator[str]:
    out = reading.output
    # a cell read as a number shows by itself that it is alone, and not quoted
    alone = out.label is None and out.score == 0 and not out.argmax
    if out.form == "csv" and not alone:
        yield "NOT contains(y, '\"')"
    if not reading.batched:
        if out.form == "csv" and not alone:
            yield f"NOT contains(trim(y, {_BLANKS}), chr(10))"
        yield from _one_row(out, "y")
    if out.form == "json" and out.label is not None and not out.whole:
        yield f"coalesce({_scalar('label')}, true)"
    if out.form == "json" and out.whole:
        # no numbers of JSON, which Python's writer gives all the same: the other reader makes null
        yield "coalesce(NOT contains(a, 'NaN') AND NOT contains(a, 'Infinity'), true)"


def _features_are_plain(reading: Reading, given: InputReading) -> Iterator[str]:
    width = len(given.names)
    yield f"len(s) = {width}"
    yield "aligned"
    if not reading.batched:
        yield from _one_row(given, "x")
        if given.form == "csv":
            yield f"NOT contains(trim(x, {_BLANKS}), chr(10))"
    if given.form == "json":
        texts = [at for at, numeric in enumerate(given.numeric) if not numeric]
        yield from (f"coalesce({_scalar(f's[{at + 1}]')}, true)" for at in texts)


def _one_row(reading: OutputReading | InputReading, text: str) -> Iterator[str]:
    """A JSON document whose rows are listed must list one, where the sample listed one."""
    if reading.form == "json" and None in reading.rows:
        listed = _path(reading.rows[: reading.rows.index(None)])
        yield f"coalesce(try(json_array_length({text}, {listed})), 1) = 1"


def _scalar(text: str) -> str:
    """Whether a value taken out of JSON is no object and no array."""
    return f"left({text}, 1) NOT IN ('{{', '[')"


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
    if reading.whole:
        whole = text
        if reading.form == "json":
            at = _path(_inside(reading.rows, reading.label, row=row))
            whole = f"try(json_extract_string({text}, {at}))"
        elif reading.form == "csv":
            whole = f"nullif(trim({text}, {_BLANKS}), '')"
        return "NULL::VARCHAR", "NULL::DOUBLE", whole
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
        # NaN is the largest of all to the engine
        whole = "list_count(a) = len(a) AND len(a) > 0 AND NOT isnan(list_max(a))"
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


def parquet(file: File) -> str:
    """SQL of the rows of a Parquet file."""
    return f"SELECT * FROM read_parquet({quoted(str(file))})"
