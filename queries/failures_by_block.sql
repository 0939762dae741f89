-- How many requests of each variant failed, in each block of so many seconds?
-- parameters: block_s, start, end
WITH requests AS (
    SELECT
        variant,
        cast(floor(to_unixtime(ts) / ?) AS BIGINT) AS block,
        coalesce(status, 0) AS status,
        failure
    FROM captures
    WHERE ts >= ? AND ts < ? AND pos = 0
)
SELECT
    block,
    variant,
    count(*) AS requests,
    count_if(status > 0 OR failure IS NOT NULL) AS known,
    count_if(status BETWEEN 400 AND 499) AS client_errors,
    -- a request without a status got no answer at all
    count_if(status >= 500 OR status = 0 AND failure IS NOT NULL) AS server_errors,
    count_if(failure IS NOT NULL) AS failed
FROM requests
GROUP BY block, variant
ORDER BY block, variant
