-- Which values did some features take together, in every so-manieth record of production?
-- parameters: step, step, start, end
SELECT {columns}
FROM captures
WHERE variant = 'production' AND mod(mod(segment, ?) + line, ?) = 0 AND ts >= ? AND ts < ?
