"""What machines and libraries read about a release: Croissant, schema.org and a citation, from the one declaration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from flows.publish.files import (
    DESCRIPTION,
    DESCRIPTION_ID,
    KEYWORDS,
    LICENSE,
    NAME,
    PUBLISHER,
    TITLE,
    TITLE_ID,
    identifier,
)  # fmt: skip
from schemas.declare import Column, TableDeclaration
from schemas.derive import table_schema
from schemas.tables import TABLES

#: The media types of Parquet: the registered one, and the only one that the library mlcroissant reads it by.
PARQUET = ("application/vnd.apache.parquet", "application/x-parquet")
CSV = "text/csv"
#: How the figures came to be.
TECHNIQUE = (
    "Transcribed as printed from news articles and official pages, read as intervals, and tested against each other by "
    "arithmetic rules; nothing is corrected."
)
_CROISSANT = "http://mlcommons.org/croissant/1.1"
_CROISSANT_TYPES = {
    "string": "sc:Text", "integer": "cr:Int64", "number": "cr:Float64", "date": "sc:Date", "boolean": "sc:Boolean",
}  # fmt: skip
#: The context of Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html, appendix 1).
_CONTEXT: Mapping[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo",
    **{name: f"cr:{name}" for name in (
        "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field",
        "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key",
        "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
        "separator", "source", "subField", "transform",
    )},
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"}, "description": {"@container": "@language"},
}  # fmt: skip


@dataclass(frozen=True)
class Edition:
    """What the metadata of a release say beside the declaration.

    `day` is the latest on which a source was printed or transcribed, `start` and `end` bound the periods of the
    figures, `measures` has (title in English, in Indonesian, definition, unit), `hashes` the sha256 of each data file
    by its name, and `address` is where all releases are read.
    """

    folder: Path
    version: str
    day: date | None
    start: date | None
    end: date | None
    measures: tuple[tuple[str, str, str, str], ...]
    hashes: Mapping[str, str]
    address: str | None

    @property
    def home(self) -> str:
        """The address of the release's folder; without one it is the folder that the metadata stand in."""
        return f"{self.address.rstrip('/')}/{self.version}/" if self.address else "./"

    def link(self, name: str) -> str:
        """The address of a file of the release."""
        return f"{self.home}{name}".removeprefix("./")

    @property
    def period(self) -> str | None:
        """The period of the figures as an ISO 8601 interval."""
        return f"{self.start}/{self.end}" if self.start and self.end else None

    @property
    def citation(self) -> str:
        """How to cite the release."""
        year = f" ({self.day.year})" if self.day else ""
        return f"{PUBLISHER}{year}: {TITLE}, release {self.version}. {identifier(self.version)}. {LICENSE['name']}."


def edition(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    version: str,
    resources: Iterable[Mapping[str, Any]],
    address: str | None,
) -> Edition:
    """Read from the tables, and from the resources of the data package, what the metadata say."""
    day = connection.sql("SELECT max(greatest(published, accessed)) FROM sources").fetchall()[0][0]
    query = "SELECT min(period_start), max(period_end) FROM figures WHERE status <> 'quarantined'"
    start, end = connection.sql(query).fetchall()[0]
    named = "SELECT title_en, title_id, description_en, unit FROM measures ORDER BY measure"
    measures = tuple(connection.sql(named).fetchall())
    hashes = {each["path"]: each["hash"].removeprefix("sha256:") for each in resources}
    return Edition(folder, version, day, start, end, measures, hashes, address)


def croissant(this: Edition) -> dict[str, Any]:
    """Croissant 1.1: every file, and every table with its columns, keys and references, read from Parquet.

    Files are named without their folder's address, so that the release can be read from wherever it lies.
    """
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "@id": identifier(this.version),
        "name": {"en": TITLE},
        "description": {"en": DESCRIPTION, "id": DESCRIPTION_ID},
        "conformsTo": _CROISSANT,
        "license": LICENSE["path"],
        "url": this.home,
        "version": this.version,
        **({"datePublished": str(this.day)} if this.day else {}),
        "citeAs": this.citation,
        "creator": _PUBLISHER,
        "publisher": _PUBLISHER,
        "inLanguage": ["id", "en"],
        "isLiveDataset": False,
        "keywords": list(KEYWORDS),
        "distribution": [_file(this, name, media) for name, media in data_files()],
        "recordSet": [_record_set(table) for table in TABLES.values()],
    }


def schema_org(this: Edition) -> dict[str, Any]:
    """A schema.org Dataset with what dataset search requires and recommends, but for a funder: there is none."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": identifier(NAME),
        "name": TITLE,
        "alternateName": [TITLE_ID, NAME],
        "description": f"{DESCRIPTION}\n\n{DESCRIPTION_ID}",
        "identifier": [identifier(NAME), identifier(this.version)],
        "url": this.home,
        "sameAs": this.address or identifier(NAME),
        "version": this.version,
        **({"datePublished": str(this.day), "dateModified": str(this.day)} if this.day else {}),
        "license": LICENSE["path"],
        "isAccessibleForFree": True,
        "creator": _PUBLISHER,
        "publisher": _PUBLISHER,
        "citation": this.citation,
        "inLanguage": ["id", "en"],
        "keywords": list(KEYWORDS),
        "spatialCoverage": {"@type": "Place", "name": "Indonesia", "sameAs": "https://www.geonames.org/1643084/"},
        **({"temporalCoverage": this.period} if this.period else {}),
        "measurementTechnique": TECHNIQUE,
        "variableMeasured": [
            {"@type": "PropertyValue", "name": en, "alternateName": local, "description": definition, "unitText": unit}
            for en, local, definition, unit in this.measures
        ],
        "includedInDataCatalog": {
            "@type": "DataCatalog", "name": TITLE, **({"url": this.address} if this.address else {}),
        },
        "hasPart": [
            {"@type": "Dataset", "name": f"{TITLE}: {table.words.title_en}", "description": _described(table),
             "license": LICENSE["path"], "creator": _PUBLISHER}
            for table in TABLES.values()
        ],
        "distribution": [
            {"@type": "DataDownload", "name": name, "contentUrl": this.link(name), "encodingFormat": media[0],
             "contentSize": f"{(this.folder / name).stat().st_size} B", "sha256": this.hashes[name]}
            for name, media in data_files()
        ],
    }  # fmt: skip


def citation(this: Edition) -> str:
    """CITATION.cff, version 1.2.0 of the Citation File Format."""
    content = {
        "cff-version": "1.2.0",
        "message": f"If you use these data, please cite them as: {this.citation}",
        "type": "dataset",
        "title": TITLE,
        "version": this.version,
        **({"date-released": this.day} if this.day else {}),
        "abstract": DESCRIPTION,
        "authors": [{"name": PUBLISHER}],
        "identifiers": [{"type": "other", "value": identifier(this.version), "description": "This release"}],
        "keywords": list(KEYWORDS),
        "license": LICENSE["name"],
        **({"url": this.home} if this.address else {}),
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def data_files() -> list[tuple[str, tuple[str, ...]]]:
    """The data files of a release with their media types."""
    return [each for table in TABLES for each in ((f"{table}.parquet", PARQUET), (f"{table}.csv", (CSV,)))]


_PUBLISHER: Mapping[str, str] = {"@type": "Organization", "name": PUBLISHER}


def _described(table: TableDeclaration) -> str:
    """What a table holds, at the length that dataset search asks for (50 characters at least)."""
    return f"{table.words.description_en} {table.words.description_id} Part of {TITLE}."


def _file(this: Edition, name: str, media: tuple[str, ...]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": {"en": name},
        "contentUrl": name,
        "contentSize": f"{(this.folder / name).stat().st_size} B",
        "encodingFormat": list(media) if len(media) > 1 else media[0],
        "sha256": this.hashes[name],
    }


def _record_set(table: TableDeclaration) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": {"en": table.words.title_en, "id": table.words.title_id},
        "description": {"en": table.words.description_en, "id": table.words.description_id},
        "key": [{"@id": f"{table.name}/{name}"} for name in table.key],
        "field": [
            _field(table, column, declared["type"])
            for column, declared in zip(table.columns, table_schema(table)["fields"], strict=True)
        ],
    }


def _field(table: TableDeclaration, column: Column, kind: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": {"en": column.name},
        "description": {"en": column.words.description_en, "id": column.words.description_id},
        "dataType": _CROISSANT_TYPES[kind],
        "source": {"fileObject": {"@id": f"{table.name}.parquet"}, "extract": {"column": column.name}},
    }
    if column.unit:
        field["unitText"] = column.unit
    # The library mlcroissant joins what is referred to, and fails where that refers to something in turn.
    if column.references and column.references[0] != table.name and not _refers(column.references[0]):
        field["references"] = {"field": {"@id": "/".join(column.references)}}
    return field


def _refers(table: str) -> bool:
    """Whether a table refers to another one."""
    return any(column.references and column.references[0] != table for column in TABLES[table].columns)
