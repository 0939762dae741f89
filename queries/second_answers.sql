-- How often did a second source, and the shadow, answer production's requests otherwise, by cluster?
-- parameters: start, end
WITH asked AS (
    SELECT
        p.cluster,
        p.production_segment,
        p.production_line,
        CASE
            WHEN s.pos IS NULL THEN 'unanswered'
            WHEN p.different_input OR s.different_input THEN 'other_input'
            WHEN NOT s.comparable THEN 'unread'
            ELSE 'compared'
        END AS fate,
        NOT s.agreed AS second_differs,
        NOT p.agreed AS shadow_differs
    FROM pairs AS p
    LEFT JOIN second_pairs AS s
        ON s.production_segment = p.production_segment
        AND s.production_line = p.production_line AND s.pos = p.pos
    WHERE p.ts >= ? AND p.ts < ? AND p.comparable
),
clusters AS (
    SELECT
        count_if(fate = 'compared') AS n,
        count_if(fate = 'compared' AND second_differs) AS x,
        count_if(fate = 'compared' AND shadow_differs) AS y,
        count_if(fate = 'compared' AND second_differs AND shadow_differs) AS b,
        count_if(fate = 'unanswered') AS unanswered,
        count_if(fate = 'other_input') AS other_input,
        count_if(fate = 'unread') AS unread
    FROM asked
    -- pairs without a key hang together with those of their record
    GROUP BY
        cluster,
        CASE WHEN cluster IS NULL THEN production_segment END,
        CASE WHEN cluster IS NULL THEN production_line END
)
SELECT
    count_if(n > 0) AS clusters,
    sum(n) AS requests,
    max(n) AS largest,
    sum(x) AS second,
    sum(y) AS shadow,
    sum(b) AS both,
    sum(unanswered) AS unanswered,
    sum(other_input) AS other_input,
    sum(unread) AS unread,
    sum(n * n) AS size_squares,
    sum(n * x) AS second_products,
    sum(n * y) AS shadow_products,
    sum(x * x) AS second_squares,
    sum(y * y) AS shadow_squares,
    sum(x * y) AS crossed,
    sum(CASE WHEN n > 0 THEN cast(x * x AS DOUBLE) / n END) AS second_by_size,
    sum(CASE WHEN n > 0 THEN cast(y * y AS DOUBLE) / n END) AS shadow_by_size
FROM clusters
