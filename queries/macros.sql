-- Athena's functions in DuckDB's words: the one file here that is no question
CREATE MACRO approx_percentile(x, q) AS approx_quantile(x, q);
CREATE MACRO approx_distinct(x) AS approx_count_distinct(x);
CREATE MACRO arbitrary(x) AS any_value(x);
CREATE MACRO is_nan(x) AS isnan(x);
CREATE MACRO is_finite(x) AS isfinite(x);
CREATE MACRO day_of_week(t) AS isodow(t);
CREATE MACRO to_unixtime(t) AS epoch(t);
CREATE MACRO to_utf8(t) AS encode(t);
-- of md5 alone, which gives a text here: Athena's bytes, written as it writes them
CREATE MACRO to_hex(x) AS upper(x);
CREATE MACRO cardinality(l) AS len(l);
CREATE MACRO element_at(l, i) AS list_extract(l, i);
CREATE MACRO width_bucket(x, low, high, n) AS CASE
    WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE cast(floor((x - low) / (high - low) * n) AS BIGINT) + 1 END;
