-- Trino's functions in DuckDB's words, where the two differ under one name or only Trino has it
CREATE MACRO trino_json_parse(t) AS CASE WHEN is_json(t) THEN CAST(t AS JSON)
    WHEN t IS NOT NULL THEN CAST('not JSON: ' || t AS JSON) END;
CREATE MACRO trino_json_extract(j, path) AS CASE WHEN json_valid(j) THEN json_extract(j, path) END;
CREATE MACRO trino_json_extract_scalar(j, path) AS CASE WHEN json_valid(j) THEN
    CASE json_type(j, path)
        WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL
        -- Jackson writes the numbers of what was parsed as Java does
        WHEN 'DOUBLE' THEN CASE typeof(j) WHEN 'JSON' THEN java_double(json_extract(j, path)) ELSE j ->> path END
        ELSE j ->> path END END;
CREATE MACRO trino_json_array_length(j) AS CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY'
    THEN CAST(json_array_length(j) AS BIGINT) END;
CREATE MACRO trino_json_format(j) AS java_json(CAST(j AS VARCHAR));
CREATE MACRO trino_is_finite(x) AS isfinite(x);
CREATE MACRO trino_array_position(l, x) AS CASE WHEN l IS NOT NULL AND x IS NOT NULL
    THEN CAST(coalesce(list_position(l, x), 0) AS BIGINT) END;
CREATE MACRO trino_array_max(l) AS CASE WHEN len(l) = list_count(l) THEN list_max(l) END;
CREATE MACRO trino_regexp_extract(t, p, n) AS CASE WHEN regexp_matches(t, p)
    THEN regexp_extract(t, p, n) END;
CREATE MACRO trino_strpos(t, x) AS CAST(strpos(t, x) AS BIGINT);
CREATE MACRO trino_split_part(t, d, i) AS CASE WHEN len(str_split(t, d)) >= i
    THEN split_part(t, d, i) END;
CREATE MACRO trino_length(x) AS CASE typeof(x)
    WHEN 'BLOB' THEN octet_length(CAST(x AS BLOB)) ELSE length(CAST(x AS VARCHAR)) END;
CREATE MACRO trino_to_unixtime(t) AS epoch(t);
CREATE MACRO trino_approx_percentile(x, q) AS approx_quantile(x, CAST(q AS FLOAT));
CREATE MACRO trino_width_bucket(x, low, high, n) AS CASE
    WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END;
-- casts: Trino reads whole numbers only where nothing else stands, and doubles as Java does; what
-- does not fit is told by a cast that fails, for error() is not allowed within TRY
CREATE MACRO trino_to_integer(x) AS CASE typeof(x)
    WHEN 'VARCHAR' THEN CASE WHEN x IS NULL OR regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+')
        THEN CAST(CAST(x AS VARCHAR) AS BIGINT) ELSE CAST('not whole: ' || x AS BIGINT) END
    WHEN 'DOUBLE' THEN CAST(round(CAST(x AS DOUBLE)) AS BIGINT) ELSE CAST(x AS BIGINT) END;
CREATE MACRO trino_to_double(x) AS CASE typeof(x)
    WHEN 'VARCHAR' THEN CASE WHEN x IS NULL OR regexp_full_match(CAST(x AS VARCHAR),
            '\s*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?)\s*')
        THEN CAST(regexp_replace(trim(CAST(x AS VARCHAR)), '(\d|\.)[dDfF]$', '\1') AS DOUBLE)
        ELSE CAST('no number: ' || x AS DOUBLE) END
    ELSE CAST(x AS DOUBLE) END;
CREATE MACRO trino_to_varchar(x) AS CASE typeof(x)
    WHEN 'DOUBLE' THEN scientific(CAST(x AS DOUBLE)) WHEN 'JSON' THEN CAST(x AS JSON) ->> '$'
    ELSE CAST(x AS VARCHAR) END;
