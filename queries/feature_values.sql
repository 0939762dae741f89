-- Which values did a numeric feature take in production's requests?
-- parameters: start, end
SELECT {column} AS value
FROM captures
WHERE variant = 'production' AND ts >= ? AND ts < ?
