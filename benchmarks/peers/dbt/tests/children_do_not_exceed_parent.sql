WITH above AS (
    SELECT region_code, parent_code FROM read_csv('{{ env_var("CUBE_REGIONS") }}', all_varchar = true)
)
SELECT f.region_code, f.wave_from, f.sex, f.age_group, f.number, w.number AS whole
FROM {{ ref('figures') }} f JOIN above USING (region_code) JOIN {{ ref('figures') }} w
  ON w.region_code = above.parent_code AND w.wave_from = f.wave_from
 AND w.sex IS NOT DISTINCT FROM f.sex AND w.age_group IS NOT DISTINCT FROM f.age_group
WHERE f.number > w.number
