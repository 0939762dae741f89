-- Which labels are no numbers, the most frequent first?
-- parameters: start, end
SELECT
    label,
    count(*) AS n
FROM truth
WHERE ts >= ? AND ts < ? AND number IS NULL
GROUP BY label
ORDER BY n DESC, label
LIMIT 5
