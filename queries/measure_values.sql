-- How alike were the two answers of each pair, by every measure of their kind?
-- parameters: start, end
SELECT {columns}
FROM pairs
WHERE ts >= ? AND ts < ? AND comparable
