-- Which values did some numeric features take in production's requests?
-- parameters: start, end
SELECT {columns}
FROM captures
WHERE variant = 'production' AND ts >= ? AND ts < ?
