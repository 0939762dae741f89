-- How many pairs are in each slice of one half of the traffic, and how many of them agree?
-- parameters: start, end
SELECT
    slice,
    count(*) AS n,
    count_if(agreed) AS agreed
FROM cut
CROSS JOIN UNNEST(cells) AS t (slice)
WHERE ts >= ? AND ts < ? AND comparable
GROUP BY slice
