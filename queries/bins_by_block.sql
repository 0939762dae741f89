-- How many of production's requests were in each bin of some features, in each block of time?
-- parameters: block_s, start, end
WITH numbered AS (
    SELECT
        cast(floor(to_unixtime(ts) / ?) AS BIGINT) AS block,
        {columns}
    FROM binned
    WHERE ts >= ? AND ts < ?
)
SELECT
    block,
    {columns},
    count(*) AS n
FROM numbered
GROUP BY block, GROUPING SETS ({columns})
