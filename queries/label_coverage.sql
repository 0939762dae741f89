-- How many pairs of each block of so many seconds have a label, and do those agree as the rest do?
-- parameters: block_s, start, end
WITH marked AS (
    SELECT
        cast(floor(to_unixtime(p.ts) / ?) AS BIGINT) AS block,
        p.comparable,
        p.agreed,
        t.label IS NOT NULL AS labelled
    FROM pairs AS p
    LEFT JOIN truth AS t
        ON t.production_segment = p.production_segment
        AND t.production_line = p.production_line
        AND t.pos = p.pos
    WHERE p.ts >= ? AND p.ts < ?
)
SELECT
    block,
    count(*) AS paired,
    count_if(labelled) AS labelled,
    count_if(labelled AND comparable) AS compared,
    count_if(labelled AND comparable AND agreed) AS agreed,
    count_if(NOT labelled AND comparable) AS compared_rest,
    count_if(NOT labelled AND comparable AND agreed) AS agreed_rest
FROM marked
GROUP BY block
ORDER BY block
