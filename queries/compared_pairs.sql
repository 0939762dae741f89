-- How many pairs of answers of several parts could be compared, and how many not as a whole?
-- parameters: start, end
SELECT
    count(*) AS pairs,
    count_if(comparable) AS comparable,
    count_if(comparable AND cut) AS cut
FROM pairs
WHERE ts >= ? AND ts < ?
