"""Run dbt on landed tables, publish the marts as an immutable snapshot, read it safely."""
