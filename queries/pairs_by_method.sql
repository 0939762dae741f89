-- How many pairs did each rung of the ladder find, and how many of them had different inputs?
-- parameters: start, end
SELECT
    method,
    count(*) AS n,
    count_if(different_input) AS different_input
FROM pairs
WHERE ts >= ? AND ts < ?
GROUP BY method
ORDER BY method
