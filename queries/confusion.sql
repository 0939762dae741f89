-- Which label did each variant give to the same request?
-- parameters: start, end
SELECT
    production_label,
    shadow_label,
    count(*) AS n
FROM pairs
WHERE ts >= ? AND ts < ? AND comparable AND production_label IS NOT NULL
GROUP BY production_label, shadow_label
ORDER BY production_label, shadow_label
