SELECT region_code, wave_from, sex, age_group FROM {{ ref('figures') }} GROUP BY ALL HAVING count(*) > 1
