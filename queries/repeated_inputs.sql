-- Was an input answered as before when it came again, by each variant, and by both alike?
-- parameters: start, end, start, end, tolerance, tolerance
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
        production_label,
        production_score,
        shadow_label,
        shadow_score,
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
        a.agreed,
        coalesce(
            b.production_label = a.production_label,
            b.production_score = a.production_score OR is_finite(a.production_score)
            AND abs(b.production_score - a.production_score) <= ? * abs(a.production_score)
        ) AS production_same,
        coalesce(
            b.shadow_label = a.shadow_label,
            b.shadow_score = a.shadow_score OR is_finite(a.shadow_score)
            AND abs(b.shadow_score - a.shadow_score) <= ? * abs(a.shadow_score)
        ) AS shadow_same
    FROM asked AS a
    JOIN asked AS b
        ON b.input_hash = a.input_hash AND b.pos = a.pos AND b.nth = 2
    WHERE a.nth = 1
)
SELECT
    production_same,
    shadow_same,
    agreed,
    count(*) AS n
FROM twice
GROUP BY production_same, shadow_same, agreed
ORDER BY production_same, shadow_same, agreed
