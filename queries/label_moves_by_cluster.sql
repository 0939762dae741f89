-- In how many pairs of one cluster does each label come or go: sums, over clusters?
-- parameters: start, end
WITH compared AS (
    SELECT
        cluster IS NULL AS keyless,
        -- pairs without a key hang together with those of their record
        CASE WHEN cluster IS NULL THEN production_segment ELSE cluster END AS named,
        CASE WHEN cluster IS NULL THEN production_line ELSE 0 END AS line,
        production_label,
        shadow_label,
        agreed
    FROM pairs
    WHERE ts >= ? AND ts < ? AND comparable AND production_label IS NOT NULL
),
clusters AS (
    SELECT keyless, named, line, count(*) AS n
    FROM compared
    GROUP BY keyless, named, line
),
moves AS (
    SELECT keyless, named, line, shadow_label AS label, 1 AS gained, 0 AS lost
    FROM compared
    WHERE NOT agreed
    UNION ALL
    SELECT keyless, named, line, production_label AS label, 0 AS gained, 1 AS lost
    FROM compared
    WHERE NOT agreed
),
moved AS (
    SELECT keyless, named, line, label, sum(gained) AS g, sum(lost) AS l
    FROM moves
    GROUP BY keyless, named, line, label
)
SELECT
    m.label,
    sum(m.g) AS gained,
    sum(c.n * m.g) AS gained_products,
    sum(m.g * m.g) AS gained_squares,
    sum(cast(m.g * m.g AS DOUBLE) / c.n) AS gained_by_size,
    sum(m.l) AS lost,
    sum(c.n * m.l) AS lost_products,
    sum(m.l * m.l) AS lost_squares,
    sum(cast(m.l * m.l AS DOUBLE) / c.n) AS lost_by_size,
    sum(m.g * m.l) AS products
FROM moved AS m
JOIN clusters AS c ON c.keyless = m.keyless AND c.named = m.named AND c.line = m.line
GROUP BY m.label
ORDER BY m.label
