"""How does the engine take one side out of the lines of a paired log?

It must agree with ``logs``, line for line: what is not plain here is read again with care.
"""

from __future__ import annotations

_LOGGED = "STRUCT(content_type VARCHAR, encoding VARCHAR, body VARCHAR)"
_ANSWERED = (
    "STRUCT(status VARCHAR, latency_ms VARCHAR, error VARCHAR, content_type VARCHAR, "
    "encoding VARCHAR, body VARCHAR)"
)
LOG_COLUMNS = (
    f"{{id: 'VARCHAR', time: 'VARCHAR', request: '{_LOGGED}', production: '{_ANSWERED}', "
    f"shadow: '{_ANSWERED}'}}"
)
# Fewer spellings than the engine would take: what is not plain is read with care.
_PLAIN_NUMBER = r"[0-9]{1,12}(\.[0-9]{1,12})?"


def side_fields(side: str) -> str:
    """The same of one side of a paired log; the body of a failed request is no answer."""
    status = f"CASE WHEN regexp_full_match({side}.status, '[1-9][0-9][0-9]') THEN "
    status += f"{side}.status::SMALLINT END"
    failure = (
        f"CASE WHEN nullif({side}.error, '') IS NOT NULL THEN CASE "
        f"WHEN regexp_matches(lower({side}.error), 'timeout|timed out') THEN 'timeout' "
        f"ELSE {side}.error END "
        f"WHEN {status} NOT BETWEEN 200 AND 299 THEN 'status ' || {status} END"
    )
    latency = f"CASE WHEN regexp_full_match({side}.latency_ms, '{_PLAIN_NUMBER}') THEN "
    latency += f"{side}.latency_ms::DOUBLE END"
    return (
        "time AS t, NULL::VARCHAR AS event_id, nullif(id, '') AS inference_id, "
        "CASE WHEN request.body IS NOT NULL THEN nullif(request.content_type, '') END "
        "AS content_type_in, "
        "CASE WHEN request.body IS NOT NULL THEN coalesce(nullif(request.encoding, ''), 'TEXT') "
        "END AS encoding_in, "
        f"CASE WHEN {side}.body IS NOT NULL THEN nullif({side}.content_type, '') END "
        "AS content_type_out, "
        f"CASE WHEN {side}.body IS NOT NULL THEN coalesce(nullif({side}.encoding, ''), 'TEXT') "
        "END AS encoding_out, "
        f"request.body AS x0, {failure} AS failure, "
        f"CASE WHEN {failure} IS NULL THEN {side}.body END AS y0, "
        f"production IS NOT NULL AS asked, asked AND {side} IS NULL AS absent, "
        f"{side}.status AS status0, {side}.latency_ms AS latency0, "
        f"{status} AS status, {latency} AS latency_ms"
    )
