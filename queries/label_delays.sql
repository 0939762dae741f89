-- How many minutes after its request was each label known?
-- parameters: start, end
SELECT
    cast(floor(delay_s / 60e0) AS BIGINT) AS minutes,
    count(*) AS n
FROM truth
WHERE ts >= ? AND ts < ? AND delay_s IS NOT NULL
GROUP BY 1
ORDER BY 1
