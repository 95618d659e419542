"""The metadata of a release say what its tables are, in the form that each reader wants."""

import csv
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import pyshacl
import pytest
import rdflib
import yaml

from flows.publish import publish
from flows.publish.files import NAME, identifier
from flows.store import store
from schemas.derive import table_schema
from schemas.measures import MEASURES
from schemas.tables import TABLES
from tests.small import rows, verdict

ADDRESS = "https://data.example.id/prakerja"
DATA_FILES = {f"{table}.{suffix}" for table in TABLES for suffix in ("parquet", "csv")}
DCAT, DCT, SPDX = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://spdx.org/rdf/terms#"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that knows no address."""
    published, judged = tmp_path_factory.mktemp("metadata"), verdict()
    return publish(store(judged, published), judged, published).folder


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same release with an address."""
    published, judged = tmp_path_factory.mktemp("metadata"), verdict()
    return publish(store(judged, published), judged, published, address=ADDRESS).folder


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Croissant. Its library cannot be locked, since it needs a package without a wheel: where it is there, it is asked too.


def test_croissant_has_what_the_standard_requires(folder: Path) -> None:
    content = load(folder / "croissant.json")
    required = {"@context", "@type", "name", "conformsTo", "description", "license", "url", "creator", "datePublished",
                "distribution", "recordSet", "version", "citeAs", "publisher", "keywords"}  # fmt: skip
    assert required - content.keys() == set()
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert (content["version"], content["datePublished"]) == ("1.0.0", "2026-11-24")
    assert (content["name"]["en"], content["license"]) == (
        "Prakerja Open Data", "https://creativecommons.org/licenses/by/4.0/"
    )  # fmt: skip


def test_croissant_names_every_data_file_with_its_hash(folder: Path) -> None:
    files = {each["@id"]: each for each in load(folder / "croissant.json")["distribution"]}
    assert files.keys() == DATA_FILES
    for name, each in files.items():
        assert (each["contentUrl"], each["sha256"]) == (name, digest(folder / name))
        assert each["contentSize"] == f"{(folder / name).stat().st_size} B"
    both = ["application/vnd.apache.parquet", "application/x-parquet"]
    assert (files["figures.parquet"]["encodingFormat"], files["figures.csv"]["encodingFormat"]) == (both, "text/csv")


def test_croissant_describes_every_column(folder: Path) -> None:
    sets = {each["@id"]: each for each in load(folder / "croissant.json")["recordSet"]}
    kinds = {"string": "sc:Text", "integer": "cr:Int64", "number": "cr:Float64", "date": "sc:Date",
             "boolean": "sc:Boolean"}  # fmt: skip
    assert sets.keys() == TABLES.keys()
    for name, table in TABLES.items():
        assert [each["@id"] for each in sets[name]["key"]] == [f"{name}/{key}" for key in table.key]
        fields = {each["@id"]: each for each in sets[name]["field"]}
        declared = {f"{name}/{field['name']}": field for field in table_schema(table)["fields"]}
        assert list(fields) == list(declared)
        for key, field in declared.items():
            assert fields[key]["dataType"] == kinds[field["type"]]
            assert fields[key].get("unitText") == field.get("unit")
            assert fields[key]["description"] == {"en": field["description"], "id": field["description_id"]}
            source = {"fileObject": {"@id": f"{name}.parquet"}, "extract": {"column": field["name"]}}
            assert fields[key]["source"] == source
    code = next(each for each in sets["recipients"]["field"] if each["@id"] == "recipients/region_code")
    assert code["references"] == {"field": {"@id": "regions/region_code"}}


def test_the_croissant_library_loads_every_record(folder: Path) -> None:
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())
    records = {name: list(dataset.records(record_set=name)) for name in TABLES}
    assert {name: len(found) for name, found in records.items()} == {name: len(rows()[name]) for name in TABLES}
    counts = {each["recipients/region_code"]: each["recipients/recipients"] for each in records["recipients"]}
    assert counts[b"63.72"] == 23111


def test_the_croissant_library_refuses_another_file(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    shutil.copy(copy / "rules.parquet", copy / "organisations.parquet")
    with pytest.raises(Exception, match="organisations"):
        list(mlcroissant.Dataset(jsonld=str(copy / "croissant.json")).records("organisations"))


# schema.org


def test_schema_org_has_what_dataset_search_requires_and_recommends(at_home: Path) -> None:
    content = load(at_home / "schema.jsonld")
    recommended = {"alternateName", "creator", "citation", "hasPart", "identifier", "isAccessibleForFree", "keywords",
                   "license", "measurementTechnique", "sameAs", "spatialCoverage", "temporalCoverage",
                   "variableMeasured", "version", "url", "includedInDataCatalog", "distribution"}  # fmt: skip
    assert {"@context", "@type", "name", "description"} | recommended <= content.keys()
    assert 50 <= len(content["description"]) <= 5000
    for part in content["hasPart"]:
        assert 50 <= len(part["description"]) <= 5000
    assert (content["@type"], content["url"], content["sameAs"]) == ("Dataset", f"{ADDRESS}/1.0.0/", ADDRESS)
    assert content["temporalCoverage"] == "2020-01-01/2022-12-31"
    assert content["includedInDataCatalog"]["url"] == ADDRESS
    measured = {each["name"]: each["unitText"] for each in content["variableMeasured"]}
    assert measured["partners_training_institutions"] == "organisation"
    downloads = {each["name"]: each for each in content["distribution"]}
    assert downloads.keys() == DATA_FILES
    for name, each in downloads.items():
        assert (each["contentUrl"], each["sha256"]) == (f"{ADDRESS}/1.0.0/{name}", digest(at_home / name))


def test_without_an_address_the_files_are_named_relative_to_the_metadata(folder: Path, at_home: Path) -> None:
    content = load(folder / "schema.jsonld")
    assert {each["contentUrl"] for each in content["distribution"]} == DATA_FILES
    assert content["url"] == "./"
    for name in ("croissant.json", "schema.jsonld", "catalog.ttl", "CITATION.cff"):
        assert ADDRESS in (at_home / name).read_text("utf-8")
        assert ADDRESS not in (folder / name).read_text("utf-8")


def test_the_data_are_the_same_with_and_without_an_address(folder: Path, at_home: Path) -> None:
    assert {name: digest(folder / name) for name in DATA_FILES} == {name: digest(at_home / name) for name in DATA_FILES}


# DCAT


def graph(path: Path, base: str = "http://localhost/1.0.0/") -> Any:
    return rdflib.Graph().parse(path, format="turtle", publicID=base)


def test_the_catalogue_names_every_file_with_size_and_hash(folder: Path) -> None:
    catalogue = graph(folder / "catalog.ttl")
    found = {}
    for node in catalogue.objects(rdflib.URIRef(identifier(NAME)), rdflib.URIRef(f"{DCAT}distribution")):
        checksum = catalogue.value(node, rdflib.URIRef(f"{SPDX}checksum"))
        value = str(catalogue.value(checksum, rdflib.URIRef(f"{SPDX}checksumValue"))).lower()
        address = str(catalogue.value(node, rdflib.URIRef(f"{DCAT}downloadURL")))
        found[address] = (int(catalogue.value(node, rdflib.URIRef(f"{DCAT}byteSize"))), value)
    assert found == {
        f"http://localhost/1.0.0/{name}": ((folder / name).stat().st_size, digest(folder / name)) for name in DATA_FILES
    }


def test_the_catalogue_keeps_its_shapes_and_the_shapes_can_fail(at_home: Path, folder: Path) -> None:
    shapes = graph(Path(__file__).with_name("data") / "dcat_shapes.ttl")
    for path in (folder, at_home):
        catalogue = graph(path / "catalog.ttl")
        conforms, _, text = pyshacl.validate(catalogue, shacl_graph=shapes, inference="none", do_owl_imports=False)
        assert conforms, text
    for lost in (f"{DCT}title", f"{DCT}identifier", f"{DCAT}downloadURL", f"{SPDX}checksumValue"):
        less = graph(folder / "catalog.ttl")
        less.remove((None, rdflib.URIRef(lost), None))
        assert not pyshacl.validate(less, shacl_graph=shapes, inference="none", do_owl_imports=False)[0], lost


def test_the_dataset_keeps_its_identifier_from_release_to_release(folder: Path, tmp_path: Path) -> None:
    published = Path(shutil.copytree(folder.parent, tmp_path / "published", symlinks=True))
    judged = verdict(lambda content: content["organisations"].pop())
    new = publish(store(judged, published), judged, published)
    subjects = [
        set(re.findall(r"^(<urn:uuid:\S+>) a ", (path / "catalog.ttl").read_text("utf-8"), re.MULTILINE))
        for path in (folder, new.folder)
    ]
    assert new.version == "1.0.1"
    assert subjects[0] == subjects[1]
    assert f"<{identifier(NAME)}>" in subjects[0]
    assert len(subjects[0]) == len(DATA_FILES) + 4
    packages = [load(path / "datapackage.json")["id"] for path in (folder, new.folder)]
    assert packages == [identifier("1.0.0"), identifier("1.0.1")]


# Citation, roles and the README


def test_the_citation_can_be_read_and_names_the_release(at_home: Path) -> None:
    content = yaml.safe_load((at_home / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= content.keys()
    assert (content["cff-version"], content["type"], content["version"]) == ("1.2.0", "dataset", "1.0.0")
    assert (str(content["date-released"]), content["license"]) == ("2026-11-24", "CC-BY-4.0")
    assert (content["identifiers"][0]["value"], content["url"]) == (identifier("1.0.0"), f"{ADDRESS}/1.0.0/")


def test_the_data_package_names_who_does_what(folder: Path) -> None:
    content = load(folder / "datapackage.json")
    assert content["contributors"] == [
        {"title": "Prakerja Open Data contributors", "roles": ["creator", "dataCurator", "maintainer"]}
    ]
    assert {"produsen_data", "walidata", "pembina_data"} <= content["satu_data"].keys()
    for name in (content["satu_data"]["standar_data"], *content["satu_data"]["metadata"]):
        assert (folder / name).is_file()


def test_the_readme_says_how_to_verify_cite_rebuild_and_report(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "Files", "How fresh it is", "Status of the figures", "What was tested", "What was not tested", "Known issues",
        "How to query", "How to verify", "How to cite", "How to rebuild", "How to report an error", "Data dictionary",
    ]  # fmt: skip
    assert "**unsigned**" in text
    assert "was printed on no day that is known, the last was read on 2026-11-24." in text
    assert "| no date | 2 | 10 |" in text
    assert identifier("1.0.0") in text
    for name in re.findall(r"`([A-Za-z_]+\.(?:json|jsonld|ttl|cff|csv|md))`", text):
        assert (folder / name).is_file(), name


# Satu Data Indonesia


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_standard_data_has_the_five_parts_of_every_measure(folder: Path) -> None:
    standards = {each["kode"]: each for each in read_csv(folder / "standar_data.csv")}
    assert standards.keys() == MEASURES.keys()
    for name, each in standards.items():
        assert list(each)[1:] == ["konsep", "definisi", "klasifikasi", "ukuran", "satuan"]
        assert (each["konsep"], each["definisi"]) == (MEASURES[name].title_id, MEASURES[name].description_id)
        assert each["ukuran"] in ("jumlah", "persentase", "peringkat", "nilai uang")
        assert each["satuan"]
    assert standards["recipients_effective"]["klasifikasi"] == "wilayah (provinsi, kota, kecamatan); periode"
    assert (standards["budget"]["ukuran"], standards["budget"]["satuan"]) == ("nilai uang", "Rupiah")


def test_every_column_is_a_variable_with_its_checks(folder: Path) -> None:
    variables = {(each["tabel"], each["alias"]): each for each in read_csv(folder / "ms_var.csv")}
    assert list(variables) == [(table.name, column.name) for table in TABLES.values() for column in table.columns]
    status = variables["figures", "status"]
    assert status["klasifikasi_isian"] == "accepted, flagged, quarantined"
    assert status["aturan_validasi"] == "wajib terisi; salah satu dari accepted, flagged, quarantined"
    row = variables["figures", "row"]
    assert (row["tipe_data"], row["nama"]) == ("bilangan bulat", "Baris")
    assert row["aturan_validasi"] == "wajib terisi; unik bersama source, resource, row; paling kecil 1"
    code = variables["recipients", "region_code"]
    assert code["referensi_pemilihan"] == "Kepmendagri 300.2.2-2138/2025"
    assert code["aturan_validasi"].endswith("terdapat dalam regions.region_code")


def test_every_measure_is_an_indicator_that_says_what_may_be_added(folder: Path) -> None:
    indicators = {each["kode"]: each for each in read_csv(folder / "ms_ind.csv")}
    assert indicators.keys() == MEASURES.keys()
    decreed = indicators["recipients_decreed"]
    assert decreed["rumus"] == "angka seperti tercetak di sumber; = recipients_effective + revoked"
    assert (decreed["indikator_komposit"], decreed["variabel_pembangun"]) == ("ya", "recipients_effective; revoked")
    assert indicators["recipients"]["indikator_komposit"] == "tidak"
    assert indicators["recipients_effective"]["level_estimasi"] == "provinsi, kota, kecamatan"
    for name, each in indicators.items():
        assert ("dapat dijumlahkan antar wilayah" in each["interpretasi"]) == MEASURES[name].adds_over_regions


def test_the_metadata_of_satu_data_can_be_queried(folder: Path) -> None:
    with duckdb.connect() as connection:
        sql = f"SELECT count(*) FROM '{folder / 'ms_var.csv'}' WHERE aturan_validasi IS NOT NULL"
        assert connection.sql(sql).fetchall()[0][0] > 50
