"""How is the ladder of pairing climbed in Athena?

The rungs and rules of ``queries/ladder.py``, in statements that each make one table on the way.
It is climbed for some hours at once (``Climb``), over their rows and those of the hour before and
after. Pure text here: ``actions/athena`` runs it, and asks in between whether a step is needed.

Records are numbered as the files are read: by object, then by line (``id``). Candidates that are
each other's nearest are accepted round by round. All rounds of one statement are one plan of
windows over windows, so a statement takes several; what is still open after the last is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.athena.names import beside, folder_sql
from queries.athena.relations import within
from queries.ladder import INPUT_WINDOW_S, MOST_USES

if TYPE_CHECKING:
    from queries.athena.names import Tables

ROUNDS = 4
"""Rounds of one statement."""
STATEMENTS = 25
"""The most statements for one rung; each round pairs at least the nearest two of every crowd."""
_NEVER = "1E18"
_ORDER = "differs, gap, rank_gap, p, s"


@dataclass(frozen=True, slots=True)
class Climb:
    """The hours ``first`` to ``last`` that are to be paired, whose rows are written.

    ``whole`` says that these hold answers of several parts.
    """

    tables: Tables
    first: str
    last: str
    whole: bool = False

    @property
    def around(self) -> tuple[str, str]:
        """The hours that are looked at: an hour before the first to an hour after the last."""
        return beside(self.first, -1), beside(self.last)

    # -- records -------------------------------------------------------------------------------

    def records(self) -> str:
        """Every record of the hours looked at: its number, ids, input, time, and answers as one.

        64-bit hashes stand for ids and inputs, as on this machine. ``paired`` says that an hour
        written before has paired it.
        """
        before = beside(self.first, -2), beside(self.first, -1)
        paired = " UNION ALL ".join(
            f"SELECT '{side}' AS variant, {side}_segment AS segment, {side}_line AS line "
            f"FROM {self.tables.sql('pairs')} WHERE {within(before)} AND pos = 0"
            for side in ("production", "shadow")
        )
        return (
            "SELECT r.*, o.n * 4294967296 + r.line AS id, k.segment IS NOT NULL AS paired FROM ("
            "SELECT variant, segment, line, arbitrary(path) AS path, arbitrary(hour) AS hour, "
            "to_unixtime(arbitrary(ts)) AS t, "
            f"{_hash('arbitrary(inference_id)')} AS inference_id, "
            f"{_hash('arbitrary(event_id)')} AS event_id, arbitrary(input_hash) AS input, "
            "from_big_endian_64(xxhash64(to_utf8(array_join(array_agg(concat("
            f"coalesce({'answer, ' if self.whole else ''}label, ''), "
            "'|', coalesce(CAST(score + 0E0 AS varchar), '')) ORDER BY pos), ',')))) AS answer "
            f"FROM {self.tables.sql('rows')} WHERE ok AND {within(self.around)} "
            "GROUP BY variant, segment, line) AS r "
            "JOIN (SELECT variant, path, row_number() OVER (ORDER BY variant, path) AS n FROM ("
            f"SELECT DISTINCT variant, path FROM {self.tables.sql('rows')} "
            f"WHERE {within(self.around)})) AS o ON o.variant = r.variant AND o.path = r.path "
            f"LEFT JOIN ({paired}) AS k ON k.variant = r.variant AND k.segment = r.segment "
            "AND k.line = r.line"
        )

    def left_over(self, records: str, edges: tuple[str, ...]) -> str:
        """The records that no step so far has paired."""
        found = " UNION ALL ".join(
            f"SELECT '{side}' AS variant, {id_} AS id FROM {each} WHERE chosen"
            for each in edges
            for side, id_ in (("production", "p"), ("shadow", "s"))
        )
        return (
            f"SELECT r.* FROM {records} AS r LEFT JOIN ({found}) AS k "
            "ON k.variant = r.variant AND k.id = r.id WHERE k.id IS NULL"
        )

    # -- by id ---------------------------------------------------------------------------------

    def by_id(self, left: str, column: str) -> str:
        """Candidates with equal ids; chosen already where both variants used the id once."""
        return (
            f"SELECT p.id AS p, s.id AS s, coalesce(p.input <> s.input, true) AS differs, "
            f"coalesce(abs(p.t - s.t), {_NEVER}) AS gap, "
            f"u.of_p = 1 AND u.of_s = 1 AS chosen, false AS p_ambiguous, false AS s_ambiguous "
            f"FROM ({_side(left, 'production')}) AS p "
            f"JOIN ({_side(left, 'shadow')}) AS s ON s.{column} = p.{column} "
            f"JOIN ({_uses(left, column)}) AS u ON u.key = p.{column} "
            f"WHERE greatest(u.of_p, u.of_s) <= {MOST_USES}"
        )

    def collisions(self, left: str, column: str) -> str:
        """By hour, how many records have an id that their variant used more than once."""
        return (
            f"SELECT r.hour, count(*) AS n FROM {left} AS r "
            f"JOIN ({_uses(left, column)}) AS u ON u.key = r.{column} "
            f"WHERE NOT r.paired AND {within((self.first, self.last), column='r.hour')} "
            "AND CASE r.variant WHEN 'production' THEN u.of_p ELSE u.of_s END > 1 "
            "GROUP BY r.hour ORDER BY r.hour"
        )

    def ids(self, left: str, column: str) -> str:
        """Of the ids left over: the fewer of the two variants', those in both, those repeated."""
        return (
            "SELECT least(count_if(of_p > 0), count_if(of_s > 0)) AS fewer, "
            "count_if(of_p > 0 AND of_s > 0) AS shared, "
            f"count_if(of_p > 1 OR of_s > 1) AS repeated FROM ({_uses(left, column)})"
        )

    # -- by input ------------------------------------------------------------------------------

    def near(self, left: str, records: str) -> str:
        """What is left over with an input and a time; anonymous where no id says who it is."""
        constant = (
            f"SELECT inference_id AS key FROM {records} WHERE inference_id IS NOT NULL "
            "GROUP BY inference_id HAVING greatest(count_if(variant = 'production'), "
            f"count_if(variant = 'shadow')) > {MOST_USES}"
        )
        return (
            f"SELECT r.*, CAST(floor(r.t / {INPUT_WINDOW_S}) AS bigint) AS slot, "
            "r.inference_id IS NULL OR c.key IS NOT NULL AS anonymous "
            f"FROM {left} AS r LEFT JOIN ({constant}) AS c ON c.key = r.inference_id "
            "WHERE NOT r.paired AND r.input IS NOT NULL AND r.t IS NOT NULL"
        )

    def crowds(self, near: str) -> str:
        """How many records of each variant are near, and how many inputs crowd within seconds."""
        return (
            "SELECT count_if(variant = 'production') AS production, "
            "count_if(variant = 'shadow') AS shadow, "
            f"(SELECT count(*) FROM ({_crowds(near)})) AS crowds FROM {near}"
        )

    def without_crowds(self, near: str) -> str:
        """The same with ``crowded``, and ``ambiguous`` where a crowd has the other variant too."""
        around = (
            "SELECT variant, input, slot + step AS slot, bool_or(anonymous) AS some_anonymous "
            f"FROM {near} CROSS JOIN UNNEST(ARRAY[-1, 0, 1]) AS b (step) GROUP BY 1, 2, 3"
        )
        crowds = (
            f"SELECT DISTINCT input, slot + step AS slot FROM ({_crowds(near)}) "
            "CROSS JOIN UNNEST(ARRAY[-1, 0, 1]) AS b (step)"
        )
        return (
            "SELECT n.*, c.slot IS NOT NULL AS crowded, c.slot IS NOT NULL AND o.slot IS NOT NULL "
            f"AND (n.anonymous OR o.some_anonymous) AS ambiguous FROM {near} AS n "
            f"LEFT JOIN ({crowds}) AS c ON c.input = n.input AND c.slot = n.slot "
            f"LEFT JOIN ({around}) AS o ON o.variant <> n.variant AND o.input = n.input "
            "AND o.slot = n.slot"
        )

    def by_input(self, near: str, *, crowded: bool) -> str:
        """Candidates with equal inputs within seconds; ambiguous where they answer differently.

        Times are whole seconds, so a second more or less does not order two candidates.
        """
        apart = " WHERE NOT crowded" if crowded else ""
        base = f"(SELECT * FROM {near}{apart})"
        candidates = (
            "SELECT p.id AS p, s.id AS s, abs(p.t - s.t) AS gap, p.answer AS p_answer, "
            f"s.answer AS s_answer FROM (SELECT *, slot + step AS near FROM {base} CROSS JOIN "
            "UNNEST(ARRAY[-1, 0, 1]) AS b (step) WHERE variant = 'production') AS p "
            f"JOIN (SELECT * FROM {base} WHERE variant = 'shadow') AS s "
            "ON s.input = p.input AND s.slot = p.near "
            f"WHERE abs(p.t - s.t) <= {INPUT_WINDOW_S} AND (p.anonymous OR s.anonymous)"
        )
        best = ", ".join(f"min(gap) OVER (PARTITION BY {x}) AS best_of_{x}" for x in "ps")
        tied = " OR ".join(
            f"min(CASE WHEN gap <= best_of_{x} + 1 THEN {y}_answer END) OVER (PARTITION BY {x}) "
            f"<> max(CASE WHEN gap <= best_of_{x} + 1 THEN {y}_answer END) OVER (PARTITION BY {x})"
            for x, y in ("ps", "sp")
        )
        unsure = ", ".join(f"bool_or(tied) OVER (PARTITION BY {x}) AS {x}_ambiguous" for x in "ps")
        return (
            f"SELECT p, s, false AS differs, gap, false AS chosen, {unsure} FROM ("
            f"SELECT p, s, gap, {tied} AS tied FROM (SELECT *, {best} FROM ({candidates})))"
        )

    # -- rounds --------------------------------------------------------------------------------

    def rounds(self, edges: str, *, ranked: bool) -> str:
        """Some rounds of accepting who are each other's nearest; ``chosen`` are theirs and open.

        ``ranked`` says that ``edges`` is what this gave before.
        """
        made = f"SELECT p, s, differs, gap, rank_gap FROM {edges} WHERE NOT chosen"
        if not ranked:
            ranks = ", ".join(
                f"dense_rank() OVER (PARTITION BY {y} ORDER BY {x}) AS {x}_rank"
                for x, y in ("ps", "sp")
            )
            made = (
                "SELECT p, s, differs, gap, abs(p_rank - s_rank) AS rank_gap "
                f"FROM (SELECT *, {ranks} FROM {edges} "
                "WHERE NOT chosen AND NOT p_ambiguous AND NOT s_ambiguous)"
            )
        for _ in range(ROUNDS):
            made = _round(made)
        return made

    def open(self, edges: str, *, ranked: bool) -> str:
        """How many records of production have candidates, and none chosen yet."""
        sure = "" if ranked else " AND NOT p_ambiguous AND NOT s_ambiguous"
        return f"SELECT count(DISTINCT p) AS n FROM {edges} WHERE NOT chosen{sure}"

    # -- results -------------------------------------------------------------------------------

    def asked(self, records: str, by_method: Mapping[str, Sequence[str]]) -> str:
        """Production's rows of the pairs of the hours, and where the shadow's record of each lies.

        A table of its own: in one statement with the shadow's rows a planner may join the variants
        by position first, a cross product.
        """
        found = " UNION ALL ".join(
            f"SELECT p, s, '{method}' AS method FROM {each} WHERE chosen"
            for method, edges in by_method.items()
            for each in edges
        )
        joined = (
            "SELECT p.hour, p.segment AS p_segment, p.line AS p_line, s.segment AS s_segment, "
            "s.line AS s_line, e.method, coalesce(p.input <> s.input, false) AS different_input "
            f"FROM ({found}) AS e JOIN ({_side(records, 'production', paired=True)}) AS p "
            f"ON p.id = e.p JOIN ({_side(records, 'shadow', paired=True)}) AS s ON s.id = e.s "
            f"WHERE {within((self.first, self.last), column='p.hour')}"
        )
        return (
            f"SELECT j.*, r.ts, r.pos, r.cluster, r.label, r.score{', r.answer' * self.whole} "
            f"FROM ({joined}) AS j JOIN {self._rows('production', (self.first, self.last))} AS r "
            "ON r.segment = j.p_segment AND r.line = j.p_line"
        )

    def pairs(self, asked: str) -> str:
        """The rows of the pairs, position by position; ``hour`` is production's, as a folder's."""
        answers = "p.answer AS production_answer, s.answer AS shadow_answer, " * self.whole
        return (
            "SELECT p.ts, s.ts AS shadow_ts, p.method, p.different_input, p.pos, p.cluster, "
            "p.p_segment AS production_segment, p.p_line AS production_line, "
            "p.s_segment AS shadow_segment, p.s_line AS shadow_line, "
            "p.label AS production_label, p.score AS production_score, "
            f"s.label AS shadow_label, s.score AS shadow_score, {answers}"
            f"{folder_sql('p.hour')} AS hour "
            f"FROM {asked} AS p JOIN {self._rows('shadow', self.around)} AS s "
            "ON s.segment = p.s_segment AND s.line = p.s_line AND s.pos = p.pos"
        )

    def _rows(self, side: str, hours: tuple[str, str]) -> str:
        return (
            f"(SELECT * FROM {self.tables.sql('rows')} WHERE ok AND variant = '{side}' "
            f"AND {within(hours)})"
        )

    def ambiguous(self, records: str, edges: str, near: str, *, crowded: bool) -> str:
        """The records of the hours that could be paired in several ways."""
        ids = [
            f"SELECT '{side}' AS variant, {x} AS id FROM {edges} WHERE {x}_ambiguous"
            for side, x in (("production", "p"), ("shadow", "s"))
        ]
        if crowded:
            ids.append(f"SELECT variant, id FROM {near} WHERE ambiguous")
        return (
            f"SELECT r.variant, r.segment, r.line, {folder_sql('r.hour')} AS hour "
            f"FROM {records} AS r "
            f"JOIN (SELECT DISTINCT variant, id FROM ({' UNION ALL '.join(ids)})) AS a "
            "ON a.variant = r.variant AND a.id = r.id "
            f"WHERE {within((self.first, self.last), column='r.hour')}"
        )


def _hash(text: str) -> str:
    return f"from_big_endian_64(xxhash64(to_utf8({text})))"


def _side(records: str, side: str, *, paired: bool = False) -> str:
    also = "" if paired else " AND NOT paired"
    return f"SELECT * FROM {records} WHERE variant = '{side}'{also}"


def _uses(left: str, column: str) -> str:
    """How often each variant used an id, among what is left over."""
    return (
        f"SELECT {column} AS key, count_if(variant = 'production') AS of_p, "
        f"count_if(variant = 'shadow') AS of_s FROM {left} "
        f"WHERE NOT paired AND {column} IS NOT NULL GROUP BY {column}"
    )


def _crowds(near: str) -> str:
    return (
        f"SELECT input, slot FROM {near} GROUP BY input, slot "
        "HAVING greatest(count_if(variant = 'production'), count_if(variant = 'shadow')) "
        f"> {MOST_USES}"
    )


def _round(edges: str) -> str:
    """One round: who are each other's nearest are chosen, and whoever is left without them goes.

    What an earlier round chose has no rival left, and is chosen again.
    """
    nearest = ", ".join(
        f"row_number() OVER (PARTITION BY {x} ORDER BY {_ORDER}) AS of_{x}" for x in "ps"
    )
    taken = ", ".join(f"bool_or(chosen) OVER (PARTITION BY {x}) AS {x}_taken" for x in "ps")
    return (
        "SELECT p, s, differs, gap, rank_gap, chosen FROM ("
        f"SELECT *, {taken} FROM (SELECT p, s, differs, gap, rank_gap, of_p = 1 AND of_s = 1 "
        f"AS chosen FROM (SELECT *, {nearest} FROM ({edges})))) "
        "WHERE chosen OR NOT (p_taken OR s_taken)"
    )
