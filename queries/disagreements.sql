-- Which requests were answered in this way, the newest first?
-- parameters: start, end, any_production, production, any_shadow, shadow, any_answer, most
SELECT
    ts,
    method,
    production_label,
    production_score,
    shadow_label,
    shadow_score,
    production_segment,
    production_line,
    shadow_segment,
    shadow_line,
    pos,
    count(*) OVER () AS total
FROM pairs
WHERE ts >= ? AND ts < ?
    AND comparable
    AND (? OR production_label = ?)
    AND (? OR shadow_label = ?)
    AND (? OR NOT agreed)
ORDER BY ts DESC, production_segment, production_line, pos
LIMIT ?
