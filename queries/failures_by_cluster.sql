-- How alike do the requests of one cluster fail: sums, over clusters, for each variant and kind?
-- parameters: start, end
WITH requests AS (
    SELECT
        c.variant,
        -- whose a request is, production's record says
        CASE WHEN c.variant = 'production' THEN c.cluster ELSE p.cluster END AS cluster,
        c.segment,
        c.line,
        coalesce(c.status, 0) AS status,
        c.failure
    FROM captures AS c
    LEFT JOIN pairs AS p
        ON c.variant = 'shadow'
        AND p.shadow_segment = c.segment
        AND p.shadow_line = c.line
        AND p.pos = c.pos
    WHERE c.ts >= ? AND c.ts < ? AND c.pos = 0
),
clusters AS (
    SELECT
        variant,
        cluster IS NULL AS keyless,
        count(*) AS n,
        count_if(status BETWEEN 400 AND 499) AS client_errors,
        -- a request without a status got no answer at all
        count_if(status >= 500 OR status = 0 AND failure IS NOT NULL) AS server_errors,
        count_if(failure IS NOT NULL) AS failed
    FROM requests
    WHERE status > 0 OR failure IS NOT NULL
    -- a request without a key stands for itself
    GROUP BY
        variant,
        cluster,
        CASE WHEN cluster IS NULL THEN segment END,
        CASE WHEN cluster IS NULL THEN line END
),
kinds AS (
    SELECT variant, keyless, n, '4xx_errors' AS kind, client_errors AS a FROM clusters
    UNION ALL
    SELECT variant, keyless, n, '5xx_errors' AS kind, server_errors AS a FROM clusters
    UNION ALL
    SELECT variant, keyless, n, 'model_errors' AS kind, failed AS a FROM clusters
)
SELECT
    variant,
    kind,
    count(*) AS clusters,
    sum(n) AS requests,
    sum(a) AS failed,
    max(n) AS largest,
    sum(n) FILTER (WHERE keyless) AS keyless,
    sum(n * n) AS size_squares,
    sum(n * a) AS products,
    sum(a * a) AS failed_squares,
    sum(cast(a * a AS DOUBLE) / n) AS failed_by_size
FROM kinds
GROUP BY variant, kind
ORDER BY variant, kind
