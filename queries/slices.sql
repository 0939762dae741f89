-- How many pairs are in each slice of some dimensions, and how many of them agree?
-- parameters: start, end
SELECT
    {columns},
    count(*) AS n,
    count_if(agreed) AS agreed
FROM cut
WHERE ts >= ? AND ts < ? AND comparable
GROUP BY GROUPING SETS ({columns})
