SELECT region_code, wave_from, sex,
       sum(number) FILTER (age_group IS NOT NULL) AS parts, sum(number) FILTER (age_group IS NULL) AS whole
FROM {{ ref('figures') }} GROUP BY ALL HAVING parts <> whole
