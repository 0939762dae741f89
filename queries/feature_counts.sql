-- How many values of a numeric feature do production's requests hold, how many whole or negative?
-- parameters: start, end
SELECT
    count(*) AS n,
    count_if(NOT is_nan({columns})) AS present,
    count_if(NOT is_nan({columns}) AND floor({columns}) = {columns}) AS whole,
    count_if(NOT is_nan({columns}) AND {columns} < 0) AS negative
FROM captures
WHERE variant = 'production' AND ts >= ? AND ts < ?
