-- How many rows did each variant capture in each block of so many seconds, and how many are unread?
-- parameters: block_s, start, end
WITH numbered AS (
    SELECT
        variant,
        cast(floor(to_unixtime(ts) / ?) AS BIGINT) AS block,
        label IS NULL AND score IS NULL AND answer IS NULL AND failure IS NULL AS unreadable
    FROM captures
    WHERE ts >= ? AND ts < ?
)
SELECT
    block,
    variant,
    count(*) AS n,
    count_if(unreadable) AS unreadable
FROM numbered
GROUP BY block, variant
ORDER BY block, variant
