-- Which values do some columns take, in every so-manieth record?
-- parameters: step, start, end
SELECT {columns}
FROM inputs
WHERE mod(production_line, ?) = 0 AND ts >= ? AND ts < ? AND comparable
