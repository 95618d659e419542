-- The views that an analyst looks for first; each answers one question.

-- How many recipients has each region, and what share of its parent is that?
CREATE VIEW recipients_by_region AS
WITH placed AS (
    SELECT r.*, g.name AS region, g.level, coalesce(f.parent_code, g.parent_code) AS parent_code
    FROM recipients AS r
    JOIN regions AS g USING (region_code)
    LEFT JOIN figures AS f USING (source, resource, "row")
),
below AS (
    SELECT parent_code, measure, period, waves, count(*) AS children, sum(recipients)::BIGINT AS children_sum
    FROM placed
    GROUP BY ALL
)
SELECT
    p.region_code,
    p.region,
    p.level,
    parent.name AS parent,
    province.name AS province,
    p.measure,
    p.period,
    p.waves,
    p.period_start,
    p.period_end,
    p.wave_from,
    p.wave_to,
    p.recipients,
    p.lower,
    p.upper,
    round(100 * p.recipients / whole.recipients, 1)::DECIMAL(12, 1) AS percent_of_parent,
    coalesce(below.children, 0) AS children,
    below.children_sum,
    p.supporting_sources,
    p.other_sources,
    p.chosen_because,
    p.status,
    p.source,
    p.resource,
    p."row"
FROM placed AS p
LEFT JOIN regions AS parent ON parent.region_code = p.parent_code
LEFT JOIN regions AS province
    ON province.level = 'province'
    AND province.region_code = CASE p.level
        WHEN 'province' THEN p.region_code
        WHEN 'district' THEN parent.parent_code
        ELSE p.parent_code
    END
LEFT JOIN recipients AS whole
    ON whole.region_code = p.parent_code
    AND (whole.measure, whole.period, whole.waves) = (p.measure, p.period, p.waves)
LEFT JOIN below
    ON below.parent_code = p.region_code
    AND (below.measure, below.period, below.waves) = (p.measure, p.period, p.waves)
ORDER BY p.region_code, p.measure, p.period, p.waves;

COMMENT ON VIEW recipients_by_region IS
'Recipients with the names of region, parent and province, their share of the parent, and the sum of the regions below.
Penerima dengan nama wilayah, induk, dan provinsi, bagiannya dari induk, dan jumlah wilayah di bawahnya.';
COMMENT ON COLUMN recipients_by_region.parent IS
'Parent: Name of the region that it belonged to at the time of the figure. Empty: the nation.
Induk: Nama wilayah induk pada waktu angka.';
COMMENT ON COLUMN recipients_by_region.province IS
'Province: Its name; a district''s is the one of today. Empty: the nation.
Provinsi: Namanya; untuk kecamatan, provinsi sekarang.';
COMMENT ON COLUMN recipients_by_region.percent_of_parent IS
'Share of parent: Of the parent''s count for the same measure, period and waves. Unit: percent. Empty: no such count.
Bagian dari induk: Terhadap jumlah induk untuk ukuran, periode, dan gelombang yang sama.';
COMMENT ON COLUMN recipients_by_region.children IS
'Regions below: How many have a count for the same measure, period and waves. Unit: region.
Wilayah di bawahnya: Banyaknya yang mempunyai jumlah yang sebanding.';
COMMENT ON COLUMN recipients_by_region.children_sum IS
'Sum of the regions below: Whether these are all of them, see the rule children_sum_to_parent. Unit: person. Empty: none.
Jumlah wilayah di bawahnya: Kelengkapannya diuji aturan children_sum_to_parent.';

-- What is the latest that is known of each region?
CREATE VIEW latest_recipients AS
SELECT *
FROM recipients_by_region
QUALIFY row_number() OVER (
    PARTITION BY region_code, measure
    ORDER BY
        period_end DESC NULLS LAST,
        wave_to DESC NULLS LAST,
        period_start ASC NULLS FIRST,
        wave_from ASC NULLS FIRST,
        period,
        waves
) = 1
ORDER BY region_code, measure;

COMMENT ON VIEW latest_recipients IS
'The latest count of each region and measure: it ends last and, of those that end together, starts first.
Jumlah terakhir tiap wilayah dan ukuran: yang paling akhir berakhir, lalu yang paling awal mulai.';

-- Where does a number come from?
CREATE VIEW evidence AS
SELECT
    f.source,
    f.resource,
    f."row",
    f.region_code,
    coalesce(g.name, f.region_as_printed) AS region,
    coalesce(g.level, f.level) AS level,
    f.measure,
    f.unit,
    f.period_start,
    f.period_end,
    f.wave_from,
    f.wave_to,
    f.sex,
    f.age_group,
    f.as_of,
    f.value_as_printed,
    f.value,
    f.lower,
    f.upper,
    f.qualifier,
    f.status,
    EXISTS (
        SELECT 1 FROM recipients AS r WHERE (r.source, r.resource, r."row") = (f.source, f.resource, f."row")
        UNION ALL
        SELECT 1 FROM partners AS p WHERE (p.source, p.resource, p."row") = (f.source, f.resource, f."row")
    ) AS is_published_count,
    (
        SELECT count(*)
        FROM finding_figures AS e
        WHERE (e.source, e.resource, e."row") = (f.source, f.resource, f."row")
    ) AS findings,
    f.locator,
    s.title AS source_title,
    s.publisher,
    s.published,
    s.homepage,
    s.attributed_to,
    f.file_sha256
FROM figures AS f
JOIN sources AS s USING (source)
LEFT JOIN regions AS g ON g.region_code = f.region_code
ORDER BY f.source, f.resource, f."row";

COMMENT ON VIEW evidence IS
'Every printed figure with its region, its interval, its status, and where it was printed.
Setiap angka tercetak dengan wilayah, selang, status, dan tempat cetaknya.';
COMMENT ON COLUMN evidence.region IS
'Region: Official name, else as printed.
Wilayah: Nama resmi, atau seperti tercetak.';
COMMENT ON COLUMN evidence.is_published_count IS
'Published count: Whether the figure stands in the recipients or the partners table.
Jumlah terbit: Apakah angka itu ada di tabel recipients atau partners.';
COMMENT ON COLUMN evidence.findings IS
'Findings: How many findings rest on the figure. Unit: finding.
Temuan: Banyaknya temuan yang bersandar pada angka itu.';

-- What is wrong, and which figures say so?
CREATE VIEW findings_with_figures AS
WITH suspected AS (
    SELECT
        finding,
        source,
        resource,
        "row",
        min(rank) AS suspect_rank,
        arg_min(suggestion, place) AS suggestion,
        arg_min(kind, place) AS suspect_kind,
        arg_min(reason_en, place) AS suspect_reason
    FROM suspects
    GROUP BY ALL
)
SELECT
    d.finding,
    d.rule,
    r.sentence_en,
    d.outcome,
    d.severity,
    d.state,
    d.message_en,
    d.message_id,
    d.printed,
    d.found,
    d.difference,
    e.source,
    e.resource,
    e."row",
    coalesce(g.name, f.region_as_printed) AS region,
    f.measure,
    f.value_as_printed,
    f.value,
    f.lower,
    f.upper,
    f.locator,
    f.status,
    p.suspect_rank,
    p.suggestion,
    p.suspect_kind,
    p.suspect_reason,
    d.reason,
    d.known_until
FROM findings AS d
JOIN rules AS r USING (rule)
LEFT JOIN finding_figures AS e ON e.finding = d.finding
LEFT JOIN figures AS f ON (f.source, f.resource, f."row") = (e.source, e.resource, e."row")
LEFT JOIN regions AS g ON g.region_code = f.region_code
LEFT JOIN suspected AS p
    ON p.finding = d.finding
    AND (p.source, p.resource, p."row") = (e.source, e.resource, e."row")
ORDER BY d.rule, d.finding, e.source, e.resource, e."row";

COMMENT ON VIEW findings_with_figures IS
'Every finding with each figure that it rests on, and what that figure should perhaps be.
Setiap temuan dengan angka yang menjadi dasarnya, dan nilai yang mungkin seharusnya.';
COMMENT ON COLUMN findings_with_figures.suspect_rank IS
'Rank as suspect: 1 is the likeliest culprit; equally likely ones share it. Empty: not suspected.
Peringkat tersangka: 1 paling mungkin; yang sama mungkinnya berbagi peringkat.';
