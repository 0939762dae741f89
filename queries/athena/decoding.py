"""How does Athena read captured lines into rows?

As ``bulk`` does on this machine, in Trino's words; both must agree with ``reading``, row for row.
There is no careful reader here to fall back on: what SQL cannot tell is NULL, and counted.
A row is wrong nowhere, but a few are unreadable that Python could have read: quoted CSV cells,
JSON lines in one payload, NumPy arrays, a record of more rows than its reading says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.athena.names import folder_sql
from queries.athena.refusing import refusal
from queries.bulk import quoted
from queries.cluster_columns import in_athena
from queries.errors import ConfigError

if TYPE_CHECKING:
    from queries.paths import Path
    from queries.reading import InputReading, OutputReading, Reading

BLANKS = "concat(' ', chr(9), chr(10), chr(13))"
# Digits may be parted by underscores, as in Python.
_DIGITS = "[0-9]+(_[0-9]+)*"
_NUMBER = quoted(
    rf"^[ \t\r\n]*[+-]?({_DIGITS}\.?({_DIGITS})?|\.{_DIGITS})([eE][+-]?{_DIGITS})?[ \t\r\n]*$"
)
_TIME = quoted(
    r"^(1[6-9]|[2-9]\d)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$"
)
_CAPTURES = quoted(r"\.(jsonl|ndjson|json)(\.gz)?$")
# What the SerDe writes in the place of bytes that are no UTF-8.
_NO_UTF_8 = "chr(65533)"
# What tells two lines of one object apart, in the order in which lines are numbered.
_ORDER = (
    "t, event_id, inference_id, x0, y0, content_type_in, encoding_in, content_type_out, "
    "encoding_out"
)
_FORTY_BITS = (1 << 40) - 1


def rows(reading: Reading, lines: str, *, side: str, features: Reading) -> str:
    """SELECT of every row of one variant: a row an instance, and one for each rejected line.

    ``lines`` names the lines of the variant (:func:`lines_of`); ``side`` is 'production' or
    'shadow'. The columns are those of ``schema``, the last ``hour`` as a folder's name;
    ``features`` is the reading of production, whose features stand in the table: only its own
    rows hold any.

    Raises
    ------
    ConfigError
        When SQL cannot read it.
    """
    refused = refusal(reading)
    if refused is not None:
        raise ConfigError(refused)
    mine = side == "production"
    given = reading.input if mine else None
    records = _texts(_numbered(lines))
    at = _instances(reading, given, records) if reading.batched else _single(records)
    read = _answer(reading.output, row=reading.batched)
    if not reading.batched and (check := _one_row(reading.output, "y", "yd")):
        read = tuple(f"CASE WHEN {check} THEN {each} END" for each in read)
    label, score, answer = read
    # of a table of labels and scores alone, as `schema` has it
    whole = f", {answer} AS answer" if features.output.whole else ""
    columns = []
    for index, numeric in enumerate(features.input.numeric):
        if given is None:
            columns.append(f"CAST(NULL AS {'double' if numeric else 'varchar'}) AS f{index}")
        else:
            cell = f"element_at(cells, {index + 1})"
            columns.append(f"{number(cell, nan=True) if numeric else clean(cell)} AS f{index}")
    cells = _cells(given, row=reading.batched, aligned=reading.batched) if given else "NULL"
    inputs = "cells IS NOT NULL" if given and given.names else "CAST(NULL AS boolean)"
    made = "".join(f", {column}" for column in columns)
    key = reading.cluster
    at_feature = None if key is None or given is None else key.feature
    cell, numeric = "NULL", False
    if at_feature is not None and given is not None:
        numeric = given.numeric[at_feature]
        cell = f"element_at(cells, {at_feature + 1})"
        cell = number(cell, nan=True) if numeric else clean(cell)
    return (
        f"SELECT {quoted(side)} AS variant, path, segment, line, pos, ts, event_id, inference_id, "
        "CASE WHEN x0 IS NOT NULL THEN from_big_endian_64(xxhash64(to_utf8(coalesce(x, x0)))) END "
        "AS input_hash, CAST(length(to_utf8(x0)) AS bigint) AS input_bytes, label, score"
        f"{', answer' if whole else ''}, "
        "content_type_in AS content_type, content_type_in, encoding_in, content_type_out, "
        f"encoding_out, ok, CASE WHEN ok THEN {inputs} END AS input_read, "
        f"{in_athena(key, cell, numeric=numeric)} AS cluster{made}, "
        f"{folder_sql('hour')} AS hour "
        f"FROM (SELECT *, {label} AS label, {score} AS score{whole}, {cells} AS cells "
        f"FROM ({_vector(reading.output, at, row=reading.batched)}))"
    )


def lines_of(captures: str, variant: str, hours: str) -> str:
    """SELECT of the lines of a variant: ``captures`` is the table, ``hours`` a condition.

    A file that would not be read on this machine is not read here.
    """
    return (
        'SELECT "$path" AS path, hour, eventmetadata.inferencetime AS t, '
        "nullif(eventmetadata.eventid, '') AS event_id, "
        "nullif(eventmetadata.inferenceid, '') AS inference_id, "
        "nullif(capturedata.endpointinput.observedcontenttype, '') AS content_type_in, "
        "nullif(capturedata.endpointinput.encoding, '') AS encoding_in, "
        "nullif(capturedata.endpointoutput.observedcontenttype, '') AS content_type_out, "
        "nullif(capturedata.endpointoutput.encoding, '') AS encoding_out, "
        "array_join(eventmetadata.customattributes, ',') AS attributes, "
        "capturedata.endpointinput.data AS x0, capturedata.endpointoutput.data AS y0 "
        f"FROM {captures} WHERE variant = {quoted(variant)} AND {hours} "
        f'AND regexp_like(lower("$path"), {_CAPTURES})'
    )


def number(text: str, *, nan: bool = False) -> str:
    """A text as the number that Python and C read in it; Java alone would read '1d' too."""
    spelled = f"lower(trim(BOTH {BLANKS} FROM {text}))"
    missing = f" WHEN {spelled} IN ('nan', '+nan', '-nan') THEN CAST('NaN' AS double)"
    return (
        f"CASE WHEN regexp_like({text}, {_NUMBER}) "
        f"THEN try_cast(replace(trim(BOTH {BLANKS} FROM {text}), '_', '') AS double) "
        f"WHEN {spelled} IN ('inf', '+inf', 'infinity', '+infinity') "
        "THEN CAST('Infinity' AS double) "
        f"WHEN {spelled} IN ('-inf', '-infinity') THEN CAST('-Infinity' AS double)"
        f"{missing if nan else ''} END"
    )


def clean(label: str) -> str:
    """As ``reading.as_label``: trimmed, 1.0 written as 1, and nothing for an empty text.

    Trino writes a large number of JSON as 1.0E7, which is no label to compare by.
    """
    text = f"nullif(trim(BOTH {BLANKS} FROM {label}), '')"
    return (
        f"CASE WHEN regexp_like({text}, '^-?[0-9]+\\.0+$') THEN split_part({text}, '.', 1) "
        f"WHEN regexp_like({text}, '^-?[0-9.]+E-?[0-9]+$') THEN NULL ELSE {text} END"
    )


def path_text(path: Path) -> str:
    """A JSON path as Trino writes it; names are quoted, so any name is safe."""
    return "$" + "".join(
        f"[{step}]" if isinstance(step, int) else '["' + str(step).replace("\\", "\\\\") + '"]'
        for step in path
    )


def _numbered(lines: str) -> str:
    """Each line with its object's number and its own: the same whoever reads the object.

    An object is known by its hour and 40 bits of a hash of its path.
    """
    return (
        "SELECT *, CAST(to_unixtime(date_parse(hour, '%Y/%m/%d/%H')) AS bigint) / 3600 "
        f"* {1 << 40} + (bitwise_and(from_big_endian_64(xxhash64(to_utf8(path))), {_FORTY_BITS})) "
        f"AS segment, row_number() OVER (PARTITION BY path ORDER BY {_ORDER}) AS line, "
        "x0 IS NOT NULL OR y0 IS NOT NULL AS ok, "
        f"CASE WHEN regexp_like(t, {_TIME}) THEN try(CAST(from_iso8601_timestamp(t) "
        "AT TIME ZONE 'UTC' AS timestamp(3))) END AS ts "
        f"FROM ({lines})"
    )


def _texts(records: str) -> str:
    """Both payloads as text (x, y), and parsed, where they are JSON (xd, yd)."""
    texts = ", ".join(
        f"CASE WHEN strpos({name}0, {_NO_UTF_8}) > 0 THEN NULL "
        f"WHEN upper({encoding}) = 'BASE64' THEN {_base64(f'{name}0')} ELSE {name}0 END AS {name}"
        for name, encoding in (("x", "encoding_in"), ("y", "encoding_out"))
    )
    return (
        "SELECT *, try(json_parse(x)) AS xd, try(json_parse(y)) AS yd "
        f"FROM (SELECT *, {texts} FROM ({records}))"
    )


def _base64(text: str) -> str:
    """The text in a BASE64; NULL where it is none, or hides bytes that are no UTF-8."""
    decoded = f"from_base64({text})"
    return (
        f"try(CASE WHEN to_base64({decoded}) = {text} "
        f"AND to_utf8(from_utf8({decoded})) = {decoded} THEN from_utf8({decoded}) END)"
    )


def _single(records: str) -> str:
    return f"SELECT *, CAST(0 AS bigint) AS pos FROM ({records})"


def _instances(reading: Reading, given: InputReading | None, records: str) -> str:
    """One row an instance, numbered; a record with no readable row keeps one."""
    ys = _row_list(reading.output, "y")
    xs = _row_list(given, "x") if given is not None and given.names else "NULL"
    return (
        "SELECT *, element_at(ys, pos + 1) AS yr, element_at(xs, pos + 1) AS xr FROM ("
        f"SELECT *, {xs} AS xs, {ys} AS ys FROM ({records})) "
        "CROSS JOIN UNNEST(sequence(0, greatest(coalesce(cardinality(ys), 0), 1) - 1)) AS n (pos)"
    )


def _row_list(reading: OutputReading | InputReading, text: str) -> str:
    if reading.form == "csv":
        lines = f"split(trim(BOTH {BLANKS} FROM {text}), chr(10))"
        return f"filter({lines}, c -> trim(BOTH {BLANKS} FROM c) <> '')"
    if not reading.rows:
        return f"CASE WHEN {text}d IS NOT NULL THEN ARRAY[{text}d] END"
    return _listed(f"{text}d", reading.rows)


def _listed(document: str, path: Path) -> str:
    """All values at a path that ends with ``[*]``, as an array of JSON."""
    found, step = "", []
    for each in path:
        if each is not None:
            step.append(each)
            continue
        if not found:
            found = f"try_cast(json_extract({document}, {_path(tuple(step))}) AS array(json))"
        else:
            inner = f"try_cast(json_extract(c, {_path(tuple(step))}) AS array(json))"
            found = f"flatten(transform({found}, c -> {inner}))"
        step = []
    return found


def _one_row(reading: OutputReading | InputReading, text: str, document: str) -> str:
    """Condition that a record read as one row holds one; "" where nothing can tell."""
    if reading.form == "csv":
        return f"strpos(trim(BOTH {BLANKS} FROM {text}), chr(10)) = 0"
    lists = (
        _path(_first(reading.rows[:at])) for at, step in enumerate(reading.rows) if step is None
    )
    return " AND ".join(
        f"coalesce(json_array_length(json_extract({document}, {each})), 1) = 1" for each in lists
    )


def _vector(reading: OutputReading, rows_: str, *, row: bool) -> str:
    """The rows with ``a``: of an answer by its largest value the values, of CSV the cells."""
    text, document = ("yr", "yr") if row else ("y", "yd")
    if reading.form == "csv":
        cells = f"CASE WHEN strpos({text}, '\"') = 0 THEN split({text}, ',') END"
        a = f"transform({cells}, c -> {number('c')})" if reading.argmax else cells
    elif reading.argmax:
        inside = _path(_inside(reading.rows, reading.score, row=row))
        listed = f"try_cast(json_extract({document}, {inside}) AS array(json))"
        a = f"transform({listed}, c -> {number(_scalar('c'))})"
    else:
        a = "NULL"
    return f"SELECT *, {a} AS a FROM ({rows_})"


def _answer(reading: OutputReading, *, row: bool) -> tuple[str, ...]:
    """The label, the score and the whole answer of a row, over ``a`` or the parsed document."""
    document = "yr" if row else "yd"
    nothing = "CAST(NULL AS varchar)"
    if reading.whole:
        return nothing, "CAST(NULL AS double)", _whole(reading, row=row)
    if reading.argmax:
        whole = "cardinality(a) > 0 AND cardinality(filter(a, c -> c IS NULL)) = 0"
        at = "array_position(a, array_max(a))"
        label = f"CAST({at} - 1 AS varchar)"
        if reading.labels:
            names = ", ".join(map(quoted, reading.labels))
            label = f"coalesce(element_at(ARRAY[{names}], {at}), {label})"
        best = f"CASE WHEN {whole} THEN array_max(a) END"
        return f"CASE WHEN {whole} THEN {label} END", best, nothing

    def cell(place: Path | int | None) -> str:
        if place is None or reading.form not in ("csv", "json"):
            return "NULL"
        if isinstance(place, int):
            return f"element_at(a, {place + 1 if place >= 0 else place})"
        inside = _path(_inside(reading.rows, place, row=row))
        return f"json_extract_scalar({document}, {inside})"

    score = cell(reading.score)
    return (
        clean(cell(reading.label)) if reading.label is not None else nothing,
        number(score) if reading.score is not None else "CAST(NULL AS double)",
        nothing,
    )


def _whole(reading: OutputReading, *, row: bool) -> str:
    """The answer of several parts: a JSON string's own text, else JSON; or a row of CSV."""
    text = "yr" if row else "y"
    if reading.form != "json":
        return f"nullif(trim(BOTH {BLANKS} FROM {text}), '')"
    found = f"json_extract({text}, {_path(_inside(reading.rows, reading.label, row=row))})"
    return (
        f"CASE WHEN json_format({found}) = 'null' THEN NULL "
        f"WHEN substr(json_format({found}), 1, 1) = '\"' THEN json_extract_scalar({found}, '$') "
        f"ELSE json_format({found}) END"
    )


def _cells(reading: InputReading, *, row: bool, aligned: bool) -> str:
    """The texts of a row's features; NULL where there are not as many as the reading names."""
    if not reading.names:
        return "NULL"
    text, document = ("xr", "xr") if row else ("x", "xd")
    known = [check for check in (_one_row(reading, text, document),) if check and not row]
    if aligned:
        known.append("cardinality(xs) = cardinality(ys)")
    if reading.form == "csv":
        known.append(f"strpos({text}, '\"') = 0")
        cells = f"split({text}, ',')"
    elif reading.vector is not None:
        inside = _path(_inside(reading.rows, reading.vector, row=row))
        listed = f"try_cast(json_extract({document}, {inside}) AS array(json))"
        cells = f"transform({listed}, c -> {_scalar('c')})"
    else:
        keys = (_path(_inside(reading.rows, key, row=row)) for key in reading.keys)
        cells = f"ARRAY[{', '.join(f'json_extract_scalar({document}, {key})' for key in keys)}]"
        known.append(f"{document} IS NOT NULL")
    known.append(f"cardinality({cells}) = {len(reading.names)}")
    return f"CASE WHEN {' AND '.join(known)} THEN {cells} END"


def _scalar(document: str) -> str:
    return f"json_extract_scalar({document}, '$')"


def _inside(rows_: Path, place: Path | int | None, *, row: bool) -> Path:
    """The path from the text at hand: from the row itself, or from the one row of a document."""
    inside = place if isinstance(place, tuple) else ()
    return inside if row else (*_first(rows_), *inside)


def _first(path: Path) -> Path:
    return tuple(0 if step is None else step for step in path)


def _path(path: Path) -> str:
    return quoted(path_text(path))
