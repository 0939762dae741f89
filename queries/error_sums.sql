-- Which sums do the mean errors of both variants need, in each block of so many seconds?
-- parameters: block_s, start, end
WITH errors AS (
    SELECT
        cast(floor(to_unixtime(p.ts) / ?) AS BIGINT) AS block,
        t.number IS NULL AS foreign_label,
        is_finite(p.production_score) AND is_finite(p.shadow_score) AS finite,
        p.production_score - t.number AS e_p,
        p.shadow_score - t.number AS e_s
    FROM pairs AS p
    JOIN truth AS t
        ON t.production_segment = p.production_segment
        AND t.production_line = p.production_line
        AND t.pos = p.pos
    WHERE p.ts >= ? AND p.ts < ? AND p.comparable
)
SELECT
    block,
    count_if(foreign_label) AS foreign_labels,
    count_if(finite AND NOT foreign_label) AS n,
    sum(e_p) FILTER (WHERE finite) AS sum_p,
    sum(e_s) FILTER (WHERE finite) AS sum_s,
    sum(e_p * e_p) FILTER (WHERE finite) AS sum_pp,
    sum(e_s * e_s) FILTER (WHERE finite) AS sum_ss,
    sum(e_p * e_s) FILTER (WHERE finite) AS sum_ps,
    sum(abs(e_p)) FILTER (WHERE finite) AS abs_p,
    sum(abs(e_s)) FILTER (WHERE finite) AS abs_s,
    sum(abs(e_p * e_s)) FILTER (WHERE finite) AS abs_ps,
    sum(e_p * e_p * e_p * e_p) FILTER (WHERE finite) AS sum_pppp,
    sum(e_s * e_s * e_s * e_s) FILTER (WHERE finite) AS sum_ssss,
    sum(e_p * e_p * e_s * e_s) FILTER (WHERE finite) AS sum_ppss
FROM errors
GROUP BY block
ORDER BY block
