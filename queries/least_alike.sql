-- Which answers of several parts are different, those that are least alike first?
-- parameters: start, end, most
WITH apart AS (
    SELECT
        ts,
        method,
        {columns} AS likeness,
        production_segment,
        production_line,
        shadow_segment,
        shadow_line,
        pos,
        count(*) OVER () AS total
    FROM pairs
    WHERE ts >= ? AND ts < ? AND comparable AND NOT agreed
    ORDER BY likeness, ts DESC, production_segment, production_line, pos
    LIMIT ?
)
SELECT
    apart.*,
    substr(p.answer, 1, 300) AS production_answer,
    substr(s.answer, 1, 300) AS shadow_answer
FROM apart
JOIN captures AS p
    ON p.variant = 'production' AND p.segment = apart.production_segment
    AND p.line = apart.production_line AND p.pos = apart.pos
JOIN captures AS s
    ON s.variant = 'shadow' AND s.segment = apart.shadow_segment
    AND s.line = apart.shadow_line AND s.pos = apart.pos
ORDER BY likeness, ts DESC, production_segment, production_line, pos
