-- How many rows of each variant found no partner, and how many could have had several?
-- parameters: start, end
SELECT
    variant,
    count_if(NOT ambiguous) AS alone,
    count_if(ambiguous) AS ambiguous
FROM unpaired
WHERE ts >= ? AND ts < ?
GROUP BY variant
ORDER BY variant
