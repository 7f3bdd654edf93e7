"""SQL that nobody should send: attempts to get out, attempts to wear the machine out, and strings from a seeded grammar."""

from __future__ import annotations

import random

ESCAPES = (
    # Reading files of the machine.
    "select * from read_csv('{secret}')",
    "select * from read_csv_auto('{secret}')",
    "select * from read_text('{secret}')",
    "select * from read_blob('{secret}')",
    "select * from read_json('{secret}')",
    "select * from read_parquet('{secret}')",
    "select * from '{secret}'",
    "from '{folder}/*.csv'",
    "select * from glob('{folder}/*')",
    "select * from glob('/**')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_text('/etc/passwd')",
    "select * from read_text('../secret.csv')",
    "select * from read_text('snapshot.duckdb')",
    "select * from read_text('/snapshot.duckdb')",
    "select * from read_text('file://{secret}')",
    "select * from sniff_csv('{secret}')",
    "select * from parquet_metadata('{secret}')",
    "select * from parquet_schema('{secret}')",
    "select * from read_duckdb('{folder}/snapshot.duckdb')",
    "select * from query('select * from read_text(''{secret}'')')",
    "select * from query_table('{secret}')",
    "select json_execute_serialized_sql(json_serialize_sql('select * from read_text(''{secret}'')'))",
    "select * from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''{secret}'')'))",
    "with t as (select content from read_text('{secret}')) select * from t",
    "select (select content from read_text('{secret}'))",
    "explain analyze select * from read_text('{secret}')",
    "describe select * from read_text('{secret}')",
    "summarize '{secret}'",
    # The network.
    "select * from read_csv('http://127.0.0.1:{port}/x')",
    "select * from read_text('https://127.0.0.1:{port}/x')",
    "select * from read_parquet('s3://bucket/x?s3_endpoint=127.0.0.1:{port}')",
    "attach 'http://127.0.0.1:{port}/x.duckdb' as x",
    "install httpfs from 'http://127.0.0.1:{port}'",
    "create secret s (type s3, endpoint '127.0.0.1:{port}')",
    # Writing.
    "copy zones to '{folder}/out.csv'",
    "copy (select 1) to '{folder}/out.parquet' (format parquet)",
    "explain analyze copy zones to '{folder}/out.csv'",
    "export database '{folder}/out'",
    "attach '{folder}/out.duckdb' as out",
    "attach ':memory:' as m",
    "create table t as select 1",
    "create temp table t as select 1",
    "create or replace macro f() as (1)",
    "create view v as select * from read_text('{secret}')",
    "insert into zones values (9)",
    "update zones set zone_id = 1",
    "delete from zones returning *",
    "with t as (delete from zones returning *) select * from t",
    "drop table zones",
    "alter table zones add column x int",
    "truncate zones",
    "vacuum analyze",
    "checkpoint",
    "begin; delete from zones; commit",
    "select * from force_checkpoint()",
    # Settings, extensions, other languages.
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset all",
    "pragma enable_external_access",
    "pragma temp_directory = '{folder}'",
    "select 1; set enable_external_access = true",
    "select set_config('enable_external_access', 'true')",
    "install spatial",
    "load '{secret}'",
    "call pragma_version()",
    "use memory",
    "execute p",
    "prepare p as select * from read_text('{secret}')",
    "select * from rows_of_the_caller",
    "select * from pandas_scan(1::bigint::pointer)",
    "select * from arrow_scan(1::bigint::pointer, 2::bigint::pointer, 3::bigint::pointer)",
    "select * from python_map_function()",
    "select getenv('HOME')",
    "select * from which_secret('s3://x', 's3')",
    "select 'a' /* */; -- \n copy zones to '{folder}/out.csv'",
    "/*! select */ copy zones to '{folder}/out.csv'",
    "\ufeffcopy zones to '{folder}/out.csv'",
)
"""Each is refused, or answers without the secret; `folder`, `secret` and `port` are put in."""

WEARERS = (
    "select count(*) from range(10000000000) a, range(1000) b",
    "select count(*) from range(100000000) a join range(100000000) b on a.range % 7 = b.range % 7",
    "select sum(sqrt(range)) from range(100000000000)",
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "with recursive t(n) as (select 1 union all select n + 1 from t where n < 1000000000) select max(n) from t",
    "with recursive t(s) as (select 'x' union all select s || s from t) select max(length(s)) from t",
    "select list(range) from range(10000000000)",
    "select string_agg(range::varchar, ',') from range(10000000000)",
    "select * from range(10000000000) order by hash(range)",
    "select distinct hash(range) from range(10000000000)",
    "select hash(range), count(*) from range(10000000000) group by 1",
    "select repeat('x', 1000000000)",
    "select repeat(repeat('x', 100000), 100000)",
    "select length(repeat('x', 50000000)) from range(100000)",
    "select lpad('x', 2000000000, 'y')",
    "select unnest(range(1000000000))",
    "select list_sort(range(100000000))",
    "select list_transform(range(100000000), x -> list_sum(range(x)))",
    "select list_reduce(range(100000000), (a, b) -> a + b)",
    "select regexp_replace(repeat('a', 1000000), '(a*)*b', 'x') from range(100000)",
    "select count(*) from range(1000000) where regexp_matches(repeat('a', 5000), '(a|aa)+$')",
    "select levenshtein(repeat('a', 100000), repeat('b', 100000)) from range(1000)",
    "select jaccard(repeat('ab', 1000000), repeat('ba', 1000000)) from range(1000000)",
    "select median(range) over (rows between unbounded preceding and unbounded following) from range(10000000)",
    "select quantile_cont(random(), [0.1, 0.2, 0.3]) from range(10000000000)",
    "select histogram(range) from range(1000000000)",
    "select sha256(repeat('x', 10000000)) from range(100000)",
    "select count(*) from (select row_number() over (order by random()) from range(1000000000))",
    "select range::varchar from range(10000000000) where range::varchar like '%z%'",
    "select (select count(*) from range(100000000) b where b.range > a.range) from range(1000000) a",
    "select max(factorial(20) * random()) from range(100000000000)",
    "select approx_count_distinct(random()) from range(100000000000)",
    "select " + "(" * 9000 + "1" + ")" * 9000,
    "select " + "+".join(["1"] * 9000),
    "select " + "case when random() > 2 then 1 else " * 500 + "0" + " end" * 500,
    "select * from zones " + " ".join(f"cross join zones z{number}" for number in range(300)),
)
"""Each ends within its limit and a second, refused or answered."""

_EXPRESSIONS = (
    "1", "null", "zone_id", "count(*)", "*", "'x'", "1e400", "1 / 0", "zone_id::varchar", "[1, 2]", "{'a': 1}", "getenv('HOME')",
    "current_setting('enable_external_access')", "(select max(zone_id) from zones)", "repeat('x', 10)", "nope", "$1", "'it''s'",
    "x -> x", "version()", "row(1, 2)", "interval 1 day", "date '2024-02-30'", "e'\\x41'", "$$a$$", "'{secret}'", "columns(*)",
)  # fmt: skip
_SOURCES = (
    "zones", "range(3)", "zones a, zones b", "'{secret}'", "read_text('{secret}')", "read_csv('{folder}/*')", "glob('{folder}/*')",
    "duckdb_settings()", "duckdb_databases()", "information_schema.tables", "pg_catalog.pg_class", "(from zones)", "nowhere",
    "query('from zones')", "query_table('zones')", "json_each('[1]')", "read_blob('http://127.0.0.1:{port}/')", "(values (1))",
)  # fmt: skip
_TAILS = (
    "", "", "where zone_id > 1", "limit 2", "order by 1", "group by all", "limit -1", "; drop table zones", "-- end", "using sample 1",
    "qualify row_number() over () = 1", "union all select 1", "for update", "offset 1", "having true", "tablesample 50%",
)  # fmt: skip
_STARTS = (
    "select",
    "select",
    "select",
    "explain select",
    "explain analyze select",
    "describe select",
    "create table t as select",
)
_WORDS = (
    "select", "from", "where", "zones", "(", ")", ",", ";", "*", "'", '"', "--", "/*", "*/", "with", "as", "copy", "to", "attach",
    "set", "pragma", "install", "load", "call", "drop", "insert", "into", "values", "1", "0", "-1", "null", "::", "[1,2]", "->",
    "$1", "?", "@", "\\", "\t", "\n", "ñ", "漢", "\u202e", "$$", "0x", "lateral", "pivot", "unpivot", "=", "false", "'{secret}'",
)  # fmt: skip
_SIGNS = (0, 7, 27, 39, 34, 92, 160, 0xFEFF, 0xD800, 0x10FFFF)
_STRAY = 0.15


def generated(count: int, seed: int) -> list[str]:
    """Return strings of which most look like SQL, some with a sign that does not belong there."""
    draw = random.Random(seed)
    return [_one(draw) for _ in range(count)]


def _one(draw: random.Random) -> str:
    if draw.random() < _STRAY:
        text = " ".join(draw.choices(_WORDS, k=draw.randint(1, 20)))
    else:
        columns = ", ".join(draw.choices(_EXPRESSIONS, k=draw.randint(1, 3)))
        text = f"{draw.choice(_STARTS)} {columns} from {draw.choice(_SOURCES)} {draw.choice(_TAILS)}"
    if draw.random() < _STRAY:
        at = draw.randrange(len(text) + 1)
        text = text[:at] + chr(draw.choice(_SIGNS)) + text[at:]
    return text
