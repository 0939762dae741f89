-- Which label was right in each block of so many seconds, and which did each variant give?
-- parameters: block_s, start, end
SELECT
    cast(floor(to_unixtime(p.ts) / ?) AS BIGINT) AS block,
    t.label AS truth,
    p.production_label,
    p.shadow_label,
    count(*) AS n
FROM pairs AS p
JOIN truth AS t
    ON t.production_segment = p.production_segment
    AND t.production_line = p.production_line
    AND t.pos = p.pos
WHERE p.ts >= ? AND p.ts < ? AND p.comparable
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
