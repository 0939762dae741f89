-- Trino's functions in DuckDB's words, where the two differ under one name or only Trino has it
CREATE MACRO trino_json_extract_scalar(j, path) AS CASE json_type(j, path)
    WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL ELSE j ->> path END;
CREATE MACRO trino_json_extract(j, path) AS j -> path;
CREATE MACRO trino_json_parse(t) AS CAST(t AS JSON);
CREATE MACRO trino_json_format(j) AS CAST(j AS VARCHAR);
CREATE MACRO trino_json_array_length(j) AS CASE json_type(j)
    WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END;
CREATE MACRO trino_is_finite(x) AS isfinite(x);
CREATE MACRO trino_array_position(l, x) AS CASE WHEN l IS NOT NULL AND x IS NOT NULL
    THEN CAST(coalesce(list_position(l, x), 0) AS BIGINT) END;
CREATE MACRO trino_array_max(l) AS CASE WHEN len(l) = list_count(l) THEN list_max(l) END;
CREATE MACRO trino_strpos(t, x) AS CAST(strpos(t, x) AS BIGINT);
CREATE MACRO trino_length(x) AS CASE typeof(x)
    WHEN 'BLOB' THEN octet_length(CAST(x AS BLOB)) ELSE length(CAST(x AS VARCHAR)) END;
CREATE MACRO to_unixtime(t) AS epoch(t);
CREATE MACRO trino_width_bucket(x, low, high, n) AS CASE
    WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END;
