-- How many pairs did each block of so many seconds hold, and how many of them agreed?
-- parameters: block_s, start, end
WITH numbered AS (
    SELECT
        cast(floor(to_unixtime(ts) / ?) AS BIGINT) AS block,
        comparable,
        agreed
    FROM pairs
    WHERE ts >= ? AND ts < ?
)
SELECT
    block,
    count(*) AS paired,
    count_if(comparable) AS n,
    count_if(comparable AND agreed) AS agreed
FROM numbered
GROUP BY block
ORDER BY block
