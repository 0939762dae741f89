-- How alike were the two answers of each pair, by every measure of their kind, as they came?
-- parameters: start, end
SELECT {columns}
FROM pairs
WHERE ts >= ? AND ts < ? AND comparable
ORDER BY ts, production_segment, production_line, pos
