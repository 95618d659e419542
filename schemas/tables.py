"""Every table of the dataset, declared once. DDL, Arrow, Table Schema and dictionary are all derived from here."""

from typing import Any

import ibis.expr.datatypes as dt

from schemas.declare import NUMBER, Table, TableDeclaration, Words, column, declaration

#: Languages whose number conventions we read.
LANGUAGES = ("id", "en")
LEVELS = ("nation", "province", "regency", "city", "district")
QUALIFIERS = ("about", "at_least", "at_most", "counted")
SEXES = ("female", "male")
STATUSES = ("accepted", "flagged", "quarantined")
SEVERITIES = ("error", "warning")
#: Kinds of misprint, the likeliest first.
MISPRINTS = (
    "one_digit", "digits_swapped", "digit_lost", "digit_doubled", "separator", "unit_word", "row_doubled",
    "row_missing", "values_exchanged", "other",
)  # fmt: skip
STATES = ("new", "known", "expired")

_SOURCE = (("Source", "The source: its folder's name in raw/."), ("Sumber", "Sumber: nama foldernya di raw/."))
_REGION = (
    ("Region code", "Official code of the region (Kemendagri); `00` is the nation."),
    ("Kode wilayah", "Kode wilayah resmi (Kemendagri); `00` untuk nasional."),
)
_MEASURE = (("Measure", "What is counted; a code of the measures table."), ("Ukuran", "Yang dihitung; kode ukuran."))
_LOCATOR = (
    ("Locator", "Where in the source: paragraph, table row."),
    ("Letak", "Letak dalam sumber: paragraf, baris."),
)
_AS_OF = (("As of", "The date the figure speaks of."), ("Per tanggal", "Tanggal yang dirujuk angka."))
_START = (("Period start", "First day of the period."), ("Awal periode", "Hari pertama periode."))
_END = (("Period end", "Last day of the period."), ("Akhir periode", "Hari terakhir periode."))
_FROM = (("First wave", "First wave of the programme, included."), ("Gelombang awal", "Gelombang pertama, termasuk."))
_TO = (("Last wave", "Last wave of the programme, included."), ("Gelombang akhir", "Gelombang terakhir, termasuk."))
_RULE = (("Rule", "The rule's name, a true sentence."), ("Aturan", "Nama aturan."))
_FINDING = (
    ("Finding", "Stable name of the finding: a hash of rule, rows and what was printed and found."),
    ("Temuan", "Nama tetap temuan: hash dari aturan, baris, yang tercetak, dan yang ditemukan."),
)
_ROW = (
    ("Row", "Line of data in the resource, counted from 1; the header is not counted."),
    ("Baris", "Baris data dalam berkas, mulai dari 1; judul kolom tidak dihitung."),
)
_RESOURCE = (("Resource", "The file's name in the source's data package."), ("Berkas", "Nama berkas dalam paket data."))
_LOWER = (
    ("Lower bound", "The least true value that the printed figure allows."),
    ("Batas bawah", "Nilai benar terkecil yang mungkin menurut angka tercetak."),
)
_UPPER = (
    ("Upper bound", "The greatest true value that the printed figure allows."),
    ("Batas atas", "Nilai benar terbesar yang mungkin menurut angka tercetak."),
)
_NOT_STATED = "not stated by the source"
_EMPTY = "an empty cell was transcribed"
_UNREADABLE = "the token could not be read"


class Sources(Table):
    """Sources: who printed it, when and where."""

    source: str = column(*_SOURCE)
    title: str = column(("Title", "Title of the page or article."), ("Judul", "Judul halaman atau artikel."))
    publisher: str = column(("Publisher", "Who printed it."), ("Penerbit", "Yang menerbitkan."), missing=_NOT_STATED)
    homepage: str = column(
        ("Homepage", "Where it can be read."), ("Alamat", "Tempat membacanya."), missing="no address is known"
    )
    published: dt.Date = column(
        ("Published", "Day of publication."), ("Terbit", "Tanggal terbit."), missing=_NOT_STATED
    )
    accessed: dt.Date = column(
        ("Accessed", "Day on which it was transcribed."), ("Diakses", "Tanggal disalin."), missing=_NOT_STATED
    )
    language: str = column(
        ("Language", "How its numbers are written by default."), ("Bahasa", "Cara penulisan angkanya."),
        isin=list(LANGUAGES),
    )  # fmt: skip
    description: str = column(
        ("Description", "What the source tells."), ("Keterangan", "Isi sumber."), missing="nothing to add"
    )
    attributed_to: str = column(
        ("Attributed to", "Whom the source quotes."), ("Menurut", "Narasumber."), missing=_NOT_STATED
    )
    licenses: str = column(
        ("Licences", "Licences that the source states."), ("Lisensi", "Lisensi yang disebut sumber."),
        missing=_NOT_STATED,
    )  # fmt: skip
    files: str = column(
        ("Files", "Each transcribed file with its sha256, as `path sha256`, separated by `; `."),
        ("Berkas", "Tiap berkas salinan dengan sha256-nya, dipisahkan `; `."),
    )
    figures: dt.Int64 = column(
        ("Figures", "Number of figures transcribed."), ("Jumlah angka", "Banyaknya angka yang disalin."),
        unit="figure", ge=0,
    )  # fmt: skip

    class Config:
        unique = ["source"]
        metadata = {
            "name": "sources",
            "words": Words(
                "Sources", "Sumber", "Who printed the figures, when and where.", "Siapa mencetak angka, kapan, di mana."
            ),
        }


class Regions(Table):
    """Regions: the official list, with parents, both code systems and other names."""

    region_code: str = column(*_REGION)
    parent_code: str = column(
        ("Parent", "Code of the region that it belongs to today."), ("Induk", "Kode wilayah induk sekarang."),
        missing="the nation has no parent", references=("regions", "region_code"),
    )  # fmt: skip
    level: str = column(("Level", "Level of administration."), ("Tingkat", "Tingkat pemerintahan."), isin=list(LEVELS))
    name: str = column(("Name", "Official name."), ("Nama", "Nama resmi."))
    bps_code: str = column(
        ("BPS code", "Code of Statistics Indonesia, of the list before 2022 for regencies and cities."),
        ("Kode BPS", "Kode Badan Pusat Statistik."), missing="not known here",
    )  # fmt: skip
    established: dt.Date = column(
        ("Established", "Day from which the region exists, where that matters to the figures (since 2020)."),
        ("Dibentuk", "Tanggal pembentukan, bila sejak 2020."), missing="before 2020",
    )  # fmt: skip
    moved_on: dt.Date = column(
        ("Moved on", "Day on which it passed to another province."), ("Pindah pada", "Tanggal pindah provinsi."),
        missing="it has not moved since 2020",
    )  # fmt: skip
    former_parent_code: str = column(
        ("Former parent", "The province that it belonged to before it moved."), ("Induk lama", "Provinsi sebelumnya."),
        missing="it has not moved since 2020", references=("regions", "region_code"),
    )  # fmt: skip
    other_names: str = column(
        ("Other names", "Abbreviations, former names and spellings, separated by `; `."),
        ("Nama lain", "Singkatan, nama lama, dan ejaan lain, dipisahkan `; `."), missing="none known",
    )  # fmt: skip

    class Config:
        unique = ["region_code"]
        metadata = {
            "name": "regions",
            "words": Words(
                "Regions", "Wilayah", "Official regions of Indonesia (Kepmendagri 300.2.2-2138/2025).",
                "Wilayah resmi Indonesia (Kepmendagri 300.2.2-2138/2025).",
            ),
        }  # fmt: skip


class Measures(Table):
    """Measures: what is counted, in what unit, and what may be done with it."""

    measure: str = column(*_MEASURE)
    unit: str = column(("Unit", "Unit of measure."), ("Satuan", "Satuan ukuran."))
    title_en: str = column(("Title", "Title in English."), ("Judul (Inggris)", "Judul dalam bahasa Inggris."))
    title_id: str = column(("Title (Indonesian)", "Title in Indonesian."), ("Judul", "Judul dalam bahasa Indonesia."))
    description_en: str = column(
        ("Definition", "Definition in English."), ("Definisi (Inggris)", "Definisi (Inggris).")
    )
    description_id: str = column(
        ("Definition (Indonesian)", "Definition in Indonesian."), ("Definisi", "Definisi dalam bahasa Indonesia.")
    )
    part_of: str = column(
        ("Part of", "The measure that it can never exceed, for the same region, period and group."),
        ("Bagian dari", "Ukuran yang tidak mungkin dilampauinya."), missing="part of no other measure",
        references=("measures", "measure"),
    )  # fmt: skip
    adds_over_regions: bool = column(
        ("Adds over regions", "Whether regions add up to their parent."), ("Terjumlah wilayah", "Dapat dijumlah.")
    )
    adds_over_waves: bool = column(
        ("Adds over waves", "Whether waves add up."), ("Terjumlah gelombang", "Dapat dijumlah antargelombang.")
    )
    adds_over_sex: bool = column(
        ("Adds over sex", "Whether women and men add up."), ("Terjumlah jenis kelamin", "Dapat dijumlah.")
    )
    adds_over_age: bool = column(
        ("Adds over age", "Whether age groups add up."), ("Terjumlah umur", "Dapat dijumlah antarkelompok umur.")
    )
    can_fall: bool = column(
        ("Can fall", "Whether a later cumulative figure may be lower."), ("Dapat turun", "Boleh turun kemudian.")
    )
    can_be_negative: bool = column(
        ("Can be negative", "Whether a value below zero makes sense."), ("Dapat negatif", "Boleh di bawah nol.")
    )
    is_fixed: bool = column(
        ("Fixed", "Whether one figure holds for everybody and everywhere under one scheme of the programme."),
        ("Tetap", "Satu angka berlaku bagi semua orang dan wilayah dalam satu skema program."),
    )
    named_role: str = column(
        ("Named role", "Role of the organisations, in the organisations table, that this measure counts."),
        ("Peran", "Peran lembaga yang dihitung ukuran ini."), missing="it counts no named organisations",
    )  # fmt: skip
    why: str = column(("Why", "Reason for what can be added and can fall."), ("Alasan", "Alasan (bahasa Inggris)."))

    class Config:
        unique = ["measure"]
        metadata = {
            "name": "measures",
            "words": Words(
                "Measures", "Ukuran", "What is counted, and what may be added up.", "Yang dihitung dan cara menjumlah."
            ),
        }


class Figures(Table):
    """Figures: each as printed, as read, its interval, where it stands and what became of it."""

    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, ge=1)
    file_sha256: str = column(
        ("File sha256", "Hash of the transcribed file."), ("Sha256 berkas", "Hash berkas salinan.")
    )
    region_as_printed: str = column(
        ("Region as printed", "The region's name as the source has it."), ("Wilayah tercetak", "Nama tercetak."),
        missing="no name was printed",
    )  # fmt: skip
    level: str = column(
        ("Level", "Level of administration."), ("Tingkat", "Tingkat pemerintahan."), missing="not a region"
    )
    within_as_printed: str = column(
        ("Within", "The parent as printed."), ("Di dalam", "Induk seperti tercetak."), missing=_NOT_STATED
    )
    region_code: str = column(*_REGION, missing="not a region, or not known", references=("regions", "region_code"))
    parent_code: str = column(
        ("Parent at the time", "The region that it belonged to at the time of the figure."),
        ("Induk saat itu", "Wilayah induk pada waktu angka."), missing="no region, or the nation",
        references=("regions", "region_code"),
    )  # fmt: skip
    measure: str = column(*_MEASURE, missing=_EMPTY)
    unit: str = column(("Unit", "Unit of measure."), ("Satuan", "Satuan ukuran."), missing=_EMPTY)
    value_as_printed: str = column(
        ("Value as printed", "The token exactly as printed."), ("Nilai tercetak", "Persis seperti tercetak."),
        missing=_EMPTY,
    )  # fmt: skip
    value: NUMBER = column(
        ("Value", "Observation value as read from the token."), ("Nilai", "Nilai terbaca."), unit="column unit",
        missing=_UNREADABLE,
    )  # fmt: skip
    lower: NUMBER = column(*_LOWER, unit="column unit", missing="unreadable, or open to below (at most)")
    upper: NUMBER = column(*_UPPER, unit="column unit", missing="unreadable, or open to above (at least)")
    precision: NUMBER = column(
        ("Precision", "Size of the last printed digit."), ("Ketelitian", "Besar angka terakhir yang tercetak."),
        unit="column unit", missing=_UNREADABLE,
    )  # fmt: skip
    unit_mult: dt.Int64 = column(
        ("Unit multiplier", "Power of ten that the page implies and the token lacks."),
        ("Pengali satuan", "Pangkat sepuluh yang tersirat di halaman."), unit="power of ten",
        missing="the token tells its unit itself",
    )  # fmt: skip
    qualifier: str = column(
        ("Qualifier", "How the source hedges the number."), ("Kualifikasi", "Cara sumber membatasi angka."),
        missing="exact as printed",
    )  # fmt: skip
    period_start: dt.Date = column(*_START, missing=_NOT_STATED)
    period_end: dt.Date = column(*_END, missing=_NOT_STATED)
    wave_from: dt.Int64 = column(*_FROM, missing=_NOT_STATED)
    wave_to: dt.Int64 = column(*_TO, missing=_NOT_STATED)
    sex: str = column(("Sex", "Sex of the persons counted."), ("Jenis kelamin", "Jenis kelamin."), missing="both")
    age_group: str = column(("Age group", "Age in years."), ("Kelompok umur", "Umur dalam tahun."), missing="all ages")
    as_of: dt.Date = column(*_AS_OF, missing=_NOT_STATED)
    locator: str = column(*_LOCATOR, missing=_NOT_STATED)
    note: str = column(("Note", "The transcriber's remark; no rule reads it."), ("Catatan", "Catatan."), missing="none")
    status: str = column(
        ("Status", "accepted; flagged: an error finding rests on it; quarantined: it cannot be understood."),
        ("Status", "accepted: diterima; flagged: disebut dalam temuan galat; quarantined: tidak dapat dipahami."),
        isin=list(STATUSES),
    )  # fmt: skip

    class Config:
        unique = ["source", "resource", "row"]
        metadata = {
            "name": "figures",
            "words": Words(
                "Figures", "Angka", "Every printed figure, as printed and as read.", "Setiap angka yang tercetak."
            ),
        }


class Recipients(Table):
    """Recipients: the best supported count for each region and period."""

    region_code: str = column(*_REGION, references=("regions", "region_code"))
    measure: str = column(*_MEASURE, references=("measures", "measure"))
    period: str = column(
        ("Period", "ISO 8601 interval `start/end`; `..` where not stated."), ("Periode", "Selang ISO 8601.")
    )
    waves: str = column(
        ("Waves", "Waves `first-last`; `all` where not stated."), ("Gelombang", "Gelombang `awal-akhir`, atau `all`.")
    )
    period_start: dt.Date = column(*_START, missing=_NOT_STATED)
    period_end: dt.Date = column(*_END, missing=_NOT_STATED)
    wave_from: dt.Int64 = column(*_FROM, missing=_NOT_STATED)
    wave_to: dt.Int64 = column(*_TO, missing=_NOT_STATED)
    recipients: dt.Int64 = column(
        ("Recipients", "The best supported count."), ("Penerima", "Jumlah yang paling didukung."), unit="person", ge=0
    )
    lower: dt.Int64 = column(*_LOWER, unit="person", missing="open to below")
    upper: dt.Int64 = column(*_UPPER, unit="person", missing="open to above")
    supporting_sources: dt.Int64 = column(
        ("Supporting sources", "Sources whose interval meets the published one, itself included."),
        ("Sumber pendukung", "Sumber yang selangnya bertemu, termasuk sumbernya sendiri."), unit="source", ge=1,
    )  # fmt: skip
    other_sources: dt.Int64 = column(
        ("Disagreeing sources", "Sources that print a count for the same cell which does not agree."),
        ("Sumber berbeda", "Sumber yang angkanya tidak cocok."), unit="source", ge=0,
    )  # fmt: skip
    chosen_because: str = column(
        ("Chosen because", "How the published figure was chosen among those printed."),
        ("Alasan dipilih", "Cara angka dipilih."), isin=["only_figure", "most_supported", "most_precise"],
    )  # fmt: skip
    status: str = column(
        ("Status", "Status of the chosen figure."), ("Status", "Status angka yang dipilih."),
        isin=["accepted", "flagged"],
    )  # fmt: skip
    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, ge=1)

    class Config:
        unique = ["region_code", "measure", "period", "waves"]
        metadata = {
            "name": "recipients",
            "words": Words(
                "Recipients", "Penerima", "The best supported count of recipients for each region and period.",
                "Jumlah penerima yang paling didukung per wilayah dan periode.",
            ),
        }  # fmt: skip


class Partners(Table):
    """Partners: the programme-wide counts by category and date."""

    measure: str = column(*_MEASURE, references=("measures", "measure"))
    date: dt.Date = column(
        ("Date", "The date the count speaks of, else the end of its period, else when it was printed or read."),
        ("Tanggal", "Tanggal rujukan, atau akhir periode, atau tanggal terbit atau dibaca."),
    )
    organisations: dt.Int64 = column(
        ("Organisations", "Number of organisations as printed."), ("Lembaga", "Banyaknya lembaga."),
        unit="organisation", ge=0,
    )  # fmt: skip
    qualifier: str = column(
        ("Qualifier", "How the source hedges the number."), ("Kualifikasi", "Cara sumber membatasi angka."),
        missing="exact as printed",
    )  # fmt: skip
    status: str = column(("Status", "Status of the figure."), ("Status", "Status angka."), isin=["accepted", "flagged"])
    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, ge=1)

    class Config:
        unique = ["source", "resource", "row"]
        metadata = {
            "name": "partners",
            "words": Words(
                "Partners", "Mitra", "Programme-wide counts of partners.", "Jumlah mitra program secara nasional."
            ),
        }


class Organisations(Table):
    """Organisations: the partners, evaluators and organisers that are named."""

    source: str = column(*_SOURCE, references=("sources", "source"))
    row: dt.Int64 = column(*_ROW, ge=1)
    name: str = column(("Name", "Name as printed."), ("Nama", "Nama seperti tercetak."))
    role: str = column(("Role", "What it does for the programme."), ("Peran", "Perannya."), missing=_NOT_STATED)
    kind: str = column(("Kind", "What kind of organisation it is."), ("Jenis", "Jenis lembaga."), missing=_NOT_STATED)
    locator: str = column(*_LOCATOR, missing=_NOT_STATED)

    class Config:
        unique = ["source", "row"]
        metadata = {
            "name": "organisations",
            "words": Words(
                "Organisations", "Lembaga", "Organisations that are named.", "Lembaga yang disebut namanya."
            ),
        }


class Rules(Table):
    """Rules: what was tested, on how much, with what result."""

    rule: str = column(*_RULE)
    sentence_en: str = column(("Sentence", "What holds."), ("Kalimat (Inggris)", "Yang berlaku (Inggris)."))
    sentence_id: str = column(("Sentence (Indonesian)", "What holds, in Indonesian."), ("Kalimat", "Yang berlaku."))
    severity: str = column(
        ("Severity", "The gravest that its findings can be."), ("Tingkat", "Yang terberat."), isin=list(SEVERITIES)
    )
    why: str = column(("Why", "Reason for the severity."), ("Alasan", "Alasan tingkatnya (bahasa Inggris)."))
    tested: dt.Int64 = column(
        ("Tested", "How often the rule had something to compare; 0 is no pass."),
        ("Diuji", "Banyaknya perbandingan; 0 bukan berarti lulus."), unit="comparison", ge=0,
    )  # fmt: skip
    findings: dt.Int64 = column(("Findings", "How often it failed."), ("Temuan", "Gagal."), unit="finding", ge=0)

    class Config:
        unique = ["rule"]
        metadata = {
            "name": "rules",
            "words": Words("Rules", "Aturan", "What was tested, and how often.", "Yang diuji, dan berapa kali."),
        }


class Findings(Table):
    """Findings: each broken rule, with what was printed and what was found."""

    finding: str = column(*_FINDING)
    rule: str = column(*_RULE, references=("rules", "rule"))
    outcome: str = column(
        ("Outcome", "Which way the rule failed, where there are several."), ("Hasil", "Cara aturan gagal.")
    )
    severity: str = column(("Severity", "error or warning."), ("Tingkat", "Galat atau peringatan."), isin=[*SEVERITIES])
    state: str = column(
        ("State", "new, known (raw/known_issues.csv), or expired: known once, to be looked at again."),
        ("Keadaan", "Baru, diketahui, atau kedaluwarsa."), isin=list(STATES),
    )  # fmt: skip
    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, ge=1)
    region_code: str = column(*_REGION, missing="it concerns no region", references=("regions", "region_code"))
    measure: str = column(*_MEASURE, missing="it concerns no measure")
    printed_as: str = column(
        ("Printed as", "The token that is at odds, as printed."), ("Tercetak", "Nilai tercetak."), missing="nothing"
    )
    printed: NUMBER = column(
        ("Printed", "The printed figure as read."), ("Terbaca", "Angka tercetak."), unit="unit of the measure",
        missing="no number",
    )  # fmt: skip
    found: NUMBER = column(
        ("Found", "What the other figures give."), ("Ditemukan", "Hasil dari angka lain."),
        unit="unit of the measure", missing="no number",
    )  # fmt: skip
    difference: NUMBER = column(
        ("Difference", "Found less printed."), ("Selisih", "Ditemukan dikurangi tercetak."),
        unit="unit of the measure", missing="no number",
    )  # fmt: skip
    message_en: str = column(("Message", "What is wrong."), ("Pesan (Inggris)", "Apa yang salah (Inggris)."))
    message_id: str = column(("Message (Indonesian)", "What is wrong, in Indonesian."), ("Pesan", "Apa yang salah."))
    reason: str = column(
        ("Reason", "Why a known issue is let through."), ("Alasan", "Alasan temuan diterima (Inggris)."),
        missing="not a known issue",
    )  # fmt: skip
    known_since: dt.Date = column(
        ("Known since", "Day on which somebody looked at it and let it through."),
        ("Diketahui sejak", "Tanggal temuan diperiksa dan diterima."), missing="not a known issue",
    )  # fmt: skip
    known_until: dt.Date = column(
        ("Known until", "Day until which the known issue holds."), ("Berlaku sampai", "Berlaku sampai tanggal."),
        missing="not a known issue",
    )  # fmt: skip

    class Config:
        unique = ["finding"]
        metadata = {
            "name": "findings",
            "words": Words("Findings", "Temuan", "Every broken rule.", "Setiap aturan yang dilanggar."),
        }


class FindingFigures(Table):
    """The figures that a finding rests on: its evidence."""

    finding: str = column(*_FINDING, references=("findings", "finding"))
    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, ge=1)

    class Config:
        unique = ["finding", "source", "resource", "row"]
        metadata = {
            "name": "finding_figures",
            "words": Words(
                "Evidence of findings", "Bukti temuan", "The figures that each finding rests on.",
                "Angka yang menjadi dasar tiap temuan.",
            ),
        }  # fmt: skip


class Suspects(Table):
    """Suspects: the figures that most likely cause a finding, with what they probably should be. Never applied."""

    finding: str = column(*_FINDING, references=("findings", "finding"))
    place: dt.Int64 = column(
        ("Place", "Place in the list of suspects, from 1."), ("Urutan", "Urutan dalam daftar, mulai dari 1."), ge=1
    )
    rank: dt.Int64 = column(
        ("Rank", "Rank of the explanation; equally good ones share it."),
        ("Peringkat", "Peringkat penjelasan; yang sama baiknya berbagi peringkat."), ge=1,
    )  # fmt: skip
    source: str = column(*_SOURCE, references=("sources", "source"))
    resource: str = column(*_RESOURCE)
    row: dt.Int64 = column(*_ROW, missing="the suspect is a row that is missing")
    value: NUMBER = column(
        ("Value", "The printed figure as read."), ("Nilai", "Angka tercetak."), unit="unit of the measure",
        missing="nothing was printed",
    )  # fmt: skip
    suggestion: NUMBER = column(
        ("Suggestion", "What would make everything agree."), ("Usulan", "Nilai yang membuat semuanya cocok."),
        unit="unit of the measure", missing="the row should not be there, or no single value is suggested",
    )  # fmt: skip
    kind: str = column(
        ("Kind", "The kind of misprint that would explain it."), ("Jenis", "Jenis salah cetak."), isin=list(MISPRINTS)
    )
    reason_en: str = column(("Reason", "The reason in words."), ("Alasan (Inggris)", "Alasan (Inggris)."))
    reason_id: str = column(("Reason (Indonesian)", "The reason, in Indonesian."), ("Alasan", "Alasan."))

    class Config:
        unique = ["finding", "place"]
        metadata = {
            "name": "suspects",
            "words": Words(
                "Suspects", "Tersangka", "The likeliest misprints behind each finding; suggestions, never applied.",
                "Salah cetak yang paling mungkin di balik tiap temuan; hanya usulan.",
            ),
        }  # fmt: skip


def _declare(*models: type[Table]) -> dict[str, TableDeclaration]:
    declared: Any = map(declaration, models)
    return {table.name: table for table in declared}


#: All tables, each after those that it refers to.
TABLES: dict[str, TableDeclaration] = _declare(
    Sources,
    Regions,
    Measures,
    Figures,
    Recipients,
    Partners,
    Organisations,
    Rules,
    Findings,
    FindingFigures,
    Suspects,
)
