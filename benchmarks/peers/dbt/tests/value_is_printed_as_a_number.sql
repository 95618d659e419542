SELECT * FROM {{ ref('figures') }} WHERE NOT regexp_full_match(value, '\d{1,3}(\.\d{3})*')
