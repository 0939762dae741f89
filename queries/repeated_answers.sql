-- Which answers of several parts did an input get the first two times it came?
-- parameters: start, end, start, end, most
WITH again AS (
    SELECT input_hash
    FROM inputs
    WHERE ts >= ? AND ts < ? AND comparable AND NOT different_input AND input_bytes > 0
    GROUP BY input_hash, pos
    HAVING count(*) > 1
),
asked AS (
    SELECT
        input_hash,
        pos,
        production_segment,
        production_line,
        shadow_segment,
        shadow_line,
        agreed,
        row_number() OVER (
            PARTITION BY input_hash, pos
            ORDER BY ts, shadow_ts, production_segment, production_line
        ) AS nth
    FROM inputs
    WHERE ts >= ? AND ts < ? AND comparable AND NOT different_input AND input_bytes > 0
        AND input_hash IN (SELECT input_hash FROM again)
),
twice AS (
    SELECT
        a.pos,
        a.agreed,
        a.production_segment,
        a.production_line,
        a.shadow_segment,
        a.shadow_line,
        b.production_segment AS production_segment_again,
        b.production_line AS production_line_again,
        b.shadow_segment AS shadow_segment_again,
        b.shadow_line AS shadow_line_again,
        count(*) OVER () AS total
    FROM asked AS a
    JOIN asked AS b
        ON b.input_hash = a.input_hash AND b.pos = a.pos AND b.nth = 2
    WHERE a.nth = 1
    ORDER BY a.input_hash, a.pos
    LIMIT ?
)
SELECT
    t.total,
    t.agreed,
    p.answer AS production_answer,
    q.answer AS production_again,
    s.answer AS shadow_answer,
    r.answer AS shadow_again
FROM twice AS t
JOIN captures AS p
    ON p.variant = 'production' AND p.segment = t.production_segment
    AND p.line = t.production_line AND p.pos = t.pos
JOIN captures AS q
    ON q.variant = 'production' AND q.segment = t.production_segment_again
    AND q.line = t.production_line_again AND q.pos = t.pos
JOIN captures AS s
    ON s.variant = 'shadow' AND s.segment = t.shadow_segment
    AND s.line = t.shadow_line AND s.pos = t.pos
JOIN captures AS r
    ON r.variant = 'shadow' AND r.segment = t.shadow_segment_again
    AND r.line = t.shadow_line_again AND r.pos = t.pos
