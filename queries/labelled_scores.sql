-- Which scores did both variants give where the right label is one of two?
-- parameters: positive, start, end, either, other
SELECT
    t.label = ? AS positive,
    p.production_score,
    p.shadow_score
FROM pairs AS p
JOIN truth AS t
    ON t.production_segment = p.production_segment
    AND t.production_line = p.production_line
    AND t.pos = p.pos
WHERE p.ts >= ? AND p.ts < ?
    AND t.label IN (?, ?)
    AND is_finite(p.production_score) AND is_finite(p.shadow_score)
