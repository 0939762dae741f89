-- In how many pairs does each field of the answers differ, and by how much?
-- parameters: start, end
SELECT
    field,
    count(*) AS n,
    count_if(state = 1) AS changed,
    count_if(state = 2) AS only_production,
    count_if(state = 3) AS only_shadow,
    count(delta) AS numbers,
    coalesce(sum(delta), 0e0) AS total,
    coalesce(sum(delta * delta), 0e0) AS squares,
    coalesce(max(abs(delta)), 0e0) AS largest
FROM fields
WHERE ts >= ? AND ts < ?
GROUP BY field
ORDER BY field
