-- From when to when do the captures reach, and how many records carry no time?
SELECT
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS n,
    count_if(ts IS NULL) AS without_time
FROM captures
