-- How are the pairs spread over the mean of both scores and their difference (Bland and Altman)?
-- parameters: mean_low, mean_high, mean_cells, delta_low, delta_high, delta_cells, start, end
SELECT
    width_bucket((production_score + shadow_score) / 2e0, ?, ?, ?) AS mean_cell,
    width_bucket(shadow_score - production_score, ?, ?, ?) AS delta_cell,
    count(*) AS n
FROM pairs
WHERE ts >= ? AND ts < ?
    AND is_finite(production_score) AND is_finite(shadow_score)
GROUP BY 1, 2
ORDER BY 1, 2
