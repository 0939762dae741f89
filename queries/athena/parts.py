"""How are answers of several parts compared in Athena?

By the rules of ``analysis/structured.py``, in Trino's words, when a question asks: each pair holds
both answers as they were captured. Several numbers are known by their names, and of a set each
label that was given stands for 1, so that both are named numbers, compared alike. What SQL cannot
read as one of these is not comparable, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.fields import STATES
from analysis.parsed import LABEL_KEYS, SCORE_KEYS
from analysis.structured import MEASURES
from queries.athena.decoding import BLANKS, number
from queries.athena.literals import literal
from queries.bulk import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.structured import Rules

_SIDES = ("production", "shadow")
_SAME, _DIFFERS, _ONLY_PRODUCTION, _ONLY_SHADOW = range(len(STATES))
# The first character of JSON that is a text, an object, a text or a number.
_TEXT, _OBJECT, _SCALAR = "'^\"'", "'^[{]'", "'^[\"0-9-]'"
_NAME = "'^(\"|-?[0-9]+$)'"


def compared(select: str, rules: Rules) -> str:
    """The pairs of a query with ``comparable``, ``agreed``, ``cut`` and the measures of the kind.

    The query has ``production_answer`` and ``shadow_answer``. With them come, for each field of a
    pair, ``names``, ``states`` (places in ``analysis.fields.STATES``) and ``deltas``.
    """
    n, same = "cardinality(names)", f"cardinality(filter(states, c -> c = {_SAME}))"
    share = f"CASE WHEN {n} > 0 THEN CAST({same} AS double) / {n} ELSE 1E0 END"
    measures = {
        "within": share,
        "jaccard": share,
        "exact": f"CASE WHEN {same} = {n} THEN 1E0 ELSE 0E0 END",
        "hamming": (
            f"CASE WHEN production_of = shadow_of AND {n} <= production_of "
            f"THEN CAST({n} - {same} AS double) / nullif(production_of, 0) END"
        ),
    }
    measured = "".join(
        f", CASE WHEN names IS NOT NULL THEN {measures[name]} END AS {name}"
        for name in MEASURES[rules.kind]
    )
    return (
        f"SELECT *, names IS NOT NULL AS comparable, {same} = {n} AS agreed, "
        f"CASE WHEN names IS NOT NULL THEN false END AS cut{measured} "
        f"FROM ({_states(select, rules)})"
    )


def fields(pairs: str) -> str:
    """A row for every field of every pair, of the pairs that ``compared`` gave."""
    return (
        "SELECT ts, production_segment, production_line, pos, field, "
        "element_at(states, at) AS state, element_at(deltas, at) AS delta FROM "
        f"({pairs}) CROSS JOIN UNNEST(names) WITH ORDINALITY AS f (field, at)"
    )


def _states(select: str, rules: Rules) -> str:
    """The pairs with the fields of both answers, what became of each, and by how much."""
    mine, theirs = (
        f"element_at({side}_values, nullif(array_position({side}_names, c), 0))"
        if rules.kind == "multioutput"
        else f"CASE WHEN array_position({side}_names, c) > 0 THEN 1E0 END"
        for side in _SIDES
    )
    within = f"abs({theirs} - {mine}) <= {literal(float(rules.tolerance))} * abs({mine})"
    state = (
        f"CASE WHEN {mine} IS NULL THEN {_ONLY_SHADOW} WHEN {theirs} IS NULL "
        f"THEN {_ONLY_PRODUCTION} WHEN {theirs} = {mine} OR {within} THEN {_SAME} "
        f"ELSE {_DIFFERS} END"
    )
    # a label is there or not: it has no number that could differ
    delta = f"{theirs} - {mine}" if rules.kind == "multioutput" else "CAST(NULL AS double)"
    names = "production_names || filter(shadow_names, c -> array_position(production_names, c) = 0)"
    read = _outputs(select, rules) if rules.kind == "multioutput" else _label_sets(select, rules)
    return (
        f"SELECT *, transform(names, c -> {state}) AS states, "
        f"transform(names, c -> {delta}) AS deltas FROM (SELECT *, {names} AS names FROM ({read}))"
    )


def _outputs(select: str, rules: Rules) -> str:
    """The pairs with ``names`` and ``values`` of each answer, as ``parsed.outputs`` has them."""

    def items(side: str) -> dict[str, str]:
        listed = f"{side}_listed"
        # a list of nothing but a list is this one
        inner = f"coalesce(try_cast(element_at({listed}, 1) AS array(json)), {listed})"
        return {"items": f"CASE WHEN cardinality({listed}) = 1 THEN {inner} ELSE {listed} END"}

    def texts(side: str) -> dict[str, str]:
        return {
            "texts": f"CASE WHEN {side}_members IS NOT NULL "
            f"THEN {_written(f'map_values({side}_members)')} "
            f"WHEN {side}_items IS NOT NULL THEN {_written(f'{side}_items')} "
            f"WHEN strpos({side}_answer, ',') > 0 THEN {_cells(side)} END"
        }

    def values(side: str) -> dict[str, str]:
        return {"values": f"transform({side}_texts, c -> {number('c')})"}

    def names(side: str) -> dict[str, str]:
        n = f"cardinality({side}_values)"
        named = f"transform(sequence(1, {n}), c -> concat('output ', CAST(c AS varchar)))"
        if rules.labels:
            named = (
                f"CASE WHEN {n} = {len(rules.labels)} THEN {_array(rules.labels)} ELSE {named} END"
            )
        return {
            "names": f"CASE WHEN {n} > 0 AND {_all(f'{side}_values', _finite('c'))} THEN "
            f"CASE WHEN {side}_members IS NOT NULL THEN map_keys({side}_members) "
            f"ELSE {named} END END"
        }

    return _with(select, _parsed, items, texts, values, names)


def _label_sets(select: str, rules: Rules) -> str:
    """The pairs with the labels of each answer (``names``), as ``parsed.label_set`` has them.

    ``of`` is how many there are to choose from.
    """
    limit, known = literal(float(rules.threshold)), len(rules.labels)

    def texts(side: str) -> dict[str, str]:
        document = f"{side}_document"
        return {
            "texts": f"CASE WHEN {side}_members IS NOT NULL "
            f"THEN {_written(f'map_values({side}_members)')} "
            f"WHEN {side}_listed IS NOT NULL THEN {_written(f'{side}_listed')} "
            f"WHEN {document} IS NULL THEN {_cells(side)} "
            f"WHEN regexp_like(json_format({document}), {_SCALAR}) "
            f"THEN ARRAY[json_extract_scalar({document}, '$')] END"
        }

    def scores(side: str) -> dict[str, str]:
        of_json = f"CASE c WHEN 'true' THEN 1E0 WHEN 'false' THEN 0E0 ELSE {number('c')} END"
        return {
            "scores": f"CASE WHEN {side}_members IS NULL AND {side}_listed IS NULL "
            f"THEN transform({side}_texts, c -> {number('c')}) "
            f"ELSE transform({side}_texts, c -> {of_json}) END"
        }

    def forms(side: str) -> dict[str, str]:
        scores = f"{side}_scores"
        return {
            "scored": _all(scores, _finite("c")),
            "vector": f"(cardinality({scores}) = {known} OR "
            f"{_all(scores, 'c BETWEEN 0E0 AND 1E0')})",
        }

    def labels(side: str) -> dict[str, str]:
        members, listed, scores = (f"{side}_{each}" for each in ("members", "listed", "scores"))
        above = (
            f"filter(sequence(1, cardinality({scores})), c -> element_at({scores}, c) >= {limit})"
        )
        place = _named("CAST(c AS bigint)", rules.labels)
        of_class = _named("CAST(c AS bigint) + 1", rules.labels)
        named, score = _first("c", LABEL_KEYS), _score("c", limit)
        return {
            "names": f"array_distinct(CASE WHEN cardinality({scores}) = 0 "
            "THEN CAST(ARRAY[] AS array(varchar)) "
            f"WHEN {members} IS NOT NULL THEN CASE WHEN {side}_scored "
            f"THEN transform({above}, c -> element_at(map_keys({members}), c)) END "
            f"WHEN {listed} IS NOT NULL AND {_all(f'{side}_texts', f'regexp_like(c, {_TEXT})')} "
            f"THEN transform({listed}, c -> json_extract_scalar(c, '$')) "
            f"WHEN {listed} IS NOT NULL AND {_all(f'{side}_texts', f'regexp_like(c, {_OBJECT})')} "
            f"THEN CASE WHEN {_all(listed, f'regexp_like(json_format({named}), {_NAME})')} "
            f"THEN transform(filter({listed}, c -> {score} >= {limit}), "
            f"c -> json_extract_scalar({named}, '$')) END "
            f"WHEN {side}_scored AND {side}_vector THEN transform({above}, c -> {place}) "
            f"WHEN {side}_scored AND {_all(scores, 'c = floor(c)')} "
            f"THEN transform({scores}, c -> {of_class}) "
            f"WHEN {listed} IS NULL THEN {side}_texts END)",
            "of": f"CASE WHEN {members} IS NOT NULL "
            f"OR cardinality({scores}) > 0 AND {side}_scored AND {side}_vector "
            f"THEN cardinality({scores}) ELSE {known or 'NULL'} END",
        }

    return _with(select, _parsed, texts, scores, forms, labels)


def _parsed(side: str) -> dict[str, str]:
    document = f"try(json_parse({side}_answer))"
    return {
        "document": document,
        "members": f"try_cast({document} AS map(varchar, json))",
        "listed": f"try_cast({document} AS array(json))",
    }


def _with(select: str, *steps: Callable[[str], dict[str, str]]) -> str:
    """A query with further columns of both sides, step by step."""
    for step in steps:
        made = ", ".join(
            f"{sql} AS {side}_{name}" for side in _SIDES for name, sql in step(side).items()
        )
        select = f"SELECT *, {made} FROM ({select})"
    return select


def _cells(side: str) -> str:
    """The cells of a row of CSV."""
    cell = f"trim(BOTH '\"' FROM trim(BOTH {BLANKS} FROM c))"
    return f"transform(split({side}_answer, ','), c -> {cell})"


def _written(array: str) -> str:
    return f"transform({array}, c -> json_format(c))"


def _array(names: tuple[str, ...]) -> str:
    return f"ARRAY[{', '.join(map(quoted, names))}]"


def _named(place: str, names: tuple[str, ...]) -> str:
    """The name of a place, counted from 1; where it has none, its number from 0."""
    plain = f"CAST({place} - 1 AS varchar)"
    if not names:
        return plain
    inside = f"{place} BETWEEN 1 AND {len(names)}"
    return f"CASE WHEN {inside} THEN element_at({_array(names)}, {place}) ELSE {plain} END"


def _first(document: str, keys: tuple[str, ...]) -> str:
    """The first of some members that is there."""
    return f"coalesce({', '.join(_member(document, key) for key in keys)})"


def _score(document: str, otherwise: str) -> str:
    """The first of the scores of an object that is a number."""
    found = (number(f"json_format({_member(document, key)})") for key in SCORE_KEYS)
    return f"coalesce({', '.join(found)}, {otherwise})"


def _member(document: str, key: str) -> str:
    return f"json_extract({document}, '$[\"{key}\"]')"


def _finite(value: str) -> str:
    """As ``fields.is_number``."""
    return f"abs({value}) < 1E308"


def _all(array: str, condition: str) -> str:
    """Whether a condition over ``c`` holds of each, as it does of none."""
    return f"cardinality(filter({array}, c -> NOT coalesce({condition}, false))) = 0"
