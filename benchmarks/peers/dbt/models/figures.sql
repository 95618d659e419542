{{ config(materialized='external', location=env_var('CUBE_OUT') ~ '/figures.parquet') }}
WITH region AS (
    SELECT r.region_code, r.level, r.name, p.name AS parent
    FROM read_csv('{{ env_var("CUBE_REGIONS") }}', all_varchar = true) r
    LEFT JOIN read_csv('{{ env_var("CUBE_REGIONS") }}', all_varchar = true) p ON p.region_code = r.parent_code
)
SELECT r.region_code, f.*,
       try_cast(replace(f.value, '.', '') AS BIGINT) AS number
FROM read_csv('{{ env_var("CUBE_RAW") }}', all_varchar = true) f
LEFT JOIN region r ON r.level = f.level AND r.name = f.region AND r.parent IS NOT DISTINCT FROM f.within
ORDER BY r.region_code, wave_from::INT, sex, age_group
