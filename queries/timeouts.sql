-- How many requests were waited for in vain, of production, of the shadow and of both?
-- parameters: start, end
WITH requests AS (
    SELECT
        coalesce(production_failure = 'timeout', false) AS production,
        coalesce(shadow_failure = 'timeout', false) AS shadow
    FROM pairs
    WHERE ts >= ? AND ts < ? AND pos = 0
)
SELECT
    count(*) AS n,
    count_if(production AND shadow) AS of_both,
    count_if(production AND NOT shadow) AS of_production,
    count_if(shadow AND NOT production) AS of_shadow
FROM requests
