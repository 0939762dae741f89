-- How alike are the pairs of one cluster: sums, over clusters, of pairs and of those that agreed?
-- parameters: start, end
WITH clusters AS (
    SELECT
        cluster IS NULL AS keyless,
        count(*) AS n,
        count_if(agreed) AS a
    FROM pairs
    WHERE ts >= ? AND ts < ? AND comparable
    -- pairs without a key hang together with those of their record
    GROUP BY
        cluster,
        CASE WHEN cluster IS NULL THEN production_segment END,
        CASE WHEN cluster IS NULL THEN production_line END
)
SELECT
    count(*) AS clusters,
    sum(n) AS pairs,
    sum(a) AS agreed,
    max(n) AS largest,
    sum(n) FILTER (WHERE keyless) AS keyless,
    sum(n * n) AS size_squares,
    sum(n * a) AS products,
    sum(a * a) AS agreed_squares,
    sum(cast(a * a AS DOUBLE) / n) AS agreed_by_size
FROM clusters
