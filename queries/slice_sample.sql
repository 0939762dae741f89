-- Which values do some columns take, in every so-manieth record?
-- parameters: step, step, start, end
SELECT {columns}
FROM inputs
WHERE mod(mod(production_segment, ?) + production_line, ?) = 0 AND ts >= ? AND ts < ? AND comparable
