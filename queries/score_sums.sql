-- Which sums do the moments of both scores and of their difference need?
-- parameters: start, end
SELECT
    count(*) AS n,
    sum(production_score) AS sum_p,
    sum(shadow_score) AS sum_s,
    sum(production_score * production_score) AS sum_pp,
    sum(shadow_score * shadow_score) AS sum_ss,
    sum(production_score * shadow_score) AS sum_ps,
    min((production_score + shadow_score) / 2e0) AS mean_low,
    max((production_score + shadow_score) / 2e0) AS mean_high,
    min(shadow_score - production_score) AS delta_low,
    max(shadow_score - production_score) AS delta_high
FROM pairs
WHERE ts >= ? AND ts < ?
    AND is_finite(production_score) AND is_finite(shadow_score)
