-- Which answers were captured, and no prediction could be read from them?
-- parameters: start, end, most
SELECT
    variant,
    segment,
    line,
    count(*) OVER () AS total
FROM captures
WHERE ts >= ? AND ts < ?
    AND label IS NULL AND score IS NULL AND answer IS NULL AND failure IS NULL
ORDER BY ts DESC, variant, segment, line, pos
LIMIT ?
