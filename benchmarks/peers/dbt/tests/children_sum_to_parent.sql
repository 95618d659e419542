WITH above AS (
    SELECT region_code, parent_code FROM read_csv('{{ env_var("CUBE_REGIONS") }}', all_varchar = true)
), sums AS (
    SELECT parent_code AS region_code, wave_from, sex, age_group, sum(number) AS children
    FROM {{ ref('figures') }} JOIN above USING (region_code) WHERE parent_code IS NOT NULL GROUP BY ALL
)
SELECT f.region_code, f.wave_from, f.sex, f.age_group, f.number, s.children
FROM {{ ref('figures') }} f JOIN sums s
  ON s.region_code = f.region_code AND s.wave_from = f.wave_from
 AND s.sex IS NOT DISTINCT FROM f.sex AND s.age_group IS NOT DISTINCT FROM f.age_group
WHERE f.number <> s.children
