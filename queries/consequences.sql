-- How many pairs have an outcome, and what does it sum up to, by the answers of both variants?
-- parameters: start, end
WITH told AS (
    SELECT
        p.agreed,
        p.production_label,
        p.shadow_label,
        coalesce(
            o.number,
            CASE lower(o.label) WHEN 'true' THEN 1e0 WHEN 'false' THEN 0e0 END
        ) AS outcome
    FROM pairs AS p
    JOIN outcome AS o
        ON o.production_segment = p.production_segment
        AND o.production_line = p.production_line
        AND o.pos = p.pos
    WHERE p.ts >= ? AND p.ts < ? AND p.comparable
)
SELECT
    agreed,
    production_label,
    shadow_label,
    count(*) AS n,
    sum(outcome) AS total,
    sum(outcome * outcome) AS squares,
    count_if(outcome IN (0e0, 1e0)) AS ones
FROM told
WHERE outcome IS NOT NULL
GROUP BY agreed, production_label, shadow_label
ORDER BY agreed, production_label, shadow_label
