-- How long did both variants take over the same requests?
-- parameters: start, end
SELECT
    cast(floor(to_unixtime(ts)) AS BIGINT) AS second,
    production_latency_ms,
    shadow_latency_ms
FROM pairs
WHERE ts >= ? AND ts < ?
    AND pos = 0
    AND production_latency_ms IS NOT NULL AND shadow_latency_ms IS NOT NULL
