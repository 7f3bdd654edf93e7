-- Each activity has one field and at most one driver: counts by field, and by driver, make up the count of all.
with sums as (
    select
        sum(activity_count) filter (where field <> '*' and driver = '*') as by_field,
        sum(activity_count) filter (where field = '*' and driver <> '*') as by_driver,
        max(activity_count) filter (where field = '*' and driver = '*') as altogether
    from {{ ref('activities') }}
)

select * from sums
where by_field <> altogether or by_driver <> altogether
