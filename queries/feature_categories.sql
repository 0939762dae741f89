-- How often did each category of a feature occur in production's requests?
-- parameters: start, end
SELECT
    {columns} AS category,
    count(*) AS n
FROM captures
WHERE variant = 'production' AND ts >= ? AND ts < ?
GROUP BY {columns}
ORDER BY n DESC, category
