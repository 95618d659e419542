SELECT region_code, wave_from, age_group,
       sum(number) FILTER (sex IS NOT NULL) AS parts, sum(number) FILTER (sex IS NULL) AS whole
FROM {{ ref('figures') }} GROUP BY ALL HAVING parts <> whole
