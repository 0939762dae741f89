-- By which id was the request of each label found?
-- parameters: start, end
SELECT
    method,
    count(*) AS n
FROM truth
WHERE ts >= ? AND ts < ?
GROUP BY method
ORDER BY n DESC, method
