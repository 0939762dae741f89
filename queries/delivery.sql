-- How long after its request did each record of some files arrive, in whole seconds?
SELECT
    c.variant,
    cast(floor(to_unixtime(a.arrived) - to_unixtime(c.ts)) AS BIGINT) AS seconds,
    max(c.ts) AS newest,
    count(*) AS n
FROM arrivals AS a JOIN captures AS c
    ON c.segment = a.segment AND c.line BETWEEN a.first_line AND a.last_line
WHERE c.pos = 0 AND c.ts IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2
