-- How alike are the differences of scores of one cluster: sums of their residuals, over clusters?
-- parameters: bias, sd, mean, sd, start, end, slope
WITH centred AS (
    SELECT
        cluster,
        production_segment,
        production_line,
        (shadow_score - production_score - ?) / ? AS d,
        (production_score - ?) / ? AS z
    FROM pairs
    WHERE ts >= ? AND ts < ?
        AND is_finite(production_score) AND is_finite(shadow_score)
),
residuals AS (
    SELECT
        cluster,
        production_segment,
        production_line,
        d,
        d - ? * (z * z - 1e0) AS u
    FROM centred
),
clusters AS (
    SELECT
        count(*) AS n,
        sum(d) AS d,
        sum(d * d) AS dd,
        max(d * d) AS most_dd,
        sum(u) AS u,
        sum(u * u) AS uu,
        max(u * u) AS most_uu
    FROM residuals
    -- pairs without a key hang together with those of their record
    GROUP BY
        cluster,
        CASE WHEN cluster IS NULL THEN production_segment END,
        CASE WHEN cluster IS NULL THEN production_line END
)
SELECT
    count(*) AS clusters,
    sum(n) AS pairs,
    max(n) AS largest,
    sum(n * n) AS size_squares,
    sum(d * d) AS d_between,
    sum(dd) AS d_among,
    max(most_dd) AS d_most,
    sum(u * u) AS u_between,
    sum(uu) AS u_among,
    max(most_uu) AS u_most
FROM clusters
