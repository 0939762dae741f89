-- Which scores did both variants give?
-- parameters: start, end
SELECT
    production_score,
    shadow_score
FROM pairs
WHERE ts >= ? AND ts < ?
    AND is_finite(production_score) AND is_finite(shadow_score)
