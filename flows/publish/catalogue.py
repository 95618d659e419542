"""The release for data catalogues: DCAT 3 in Turtle, as CKAN and other portals harvest it."""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

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
from flows.publish.metadata import Edition, data_files
from schemas.tables import TABLES

_PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: Controlled vocabularies of the European Union, which DCAT profiles use: https://op.europa.eu/en/web/eu-vocabularies
_EU = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types/"
#: What may stand in an IRI between angle brackets beside letters and digits (RFC 3987).
_IRI_SAFE = ":/?#[]@!$&'()*+,;=%-._~"

_Facts = Iterable[tuple[str, Iterable[str]]]


def catalogue(this: Edition) -> str:
    """The catalogue, its one dataset and a distribution for each file.

    Identifiers are the same in every release, so that a harvester sees new versions of one dataset. Without an address
    the files are named relative to the catalogue's own.
    """
    agent, contact = (identifier(f"{NAME}/{name}") for name in ("publisher", "contact"))
    nodes = [
        f"{_iri(agent)} {_facts([('a', ['foaf:Agent', 'foaf:Organization']), ('foaf:name', [_text(PUBLISHER)])])}",
        f"{_iri(contact)} {_facts(_contact(this))}",
        f"{_iri(identifier(f'{NAME}/catalogue'))} {_facts(_catalogue(this, agent))}",
        f"{_iri(identifier(NAME))} {_facts(_dataset(this, agent, contact))}",
        *(
            f"{_iri(_distribution_of(name))} {_facts(_distribution(this, name, media[0]))}"
            for name, media in data_files()
        ),
    ]
    prefixes = [f"@prefix {name}: <{iri}> ." for name, iri in _PREFIXES.items()]
    return "\n".join(prefixes) + "\n\n" + "\n\n".join(nodes) + "\n"


def _catalogue(this: Edition, agent: str) -> _Facts:
    yield "a", ["dcat:Catalog"]
    yield "dct:title", [_text(TITLE, "en"), _text(TITLE_ID, "id")]
    yield "dct:description", [_text(DESCRIPTION, "en"), _text(DESCRIPTION_ID, "id")]
    yield "dct:publisher", [_iri(agent)]
    yield "dct:language", _languages()
    yield "dct:spatial", [_iri(f"{_EU}/country/IDN")]
    yield "dct:license", [_iri(LICENSE["path"])]
    yield "dcat:themeTaxonomy", [_iri(f"{_EU}/data-theme")]
    if this.address:
        yield "foaf:homepage", [_iri(this.address)]
    if this.day:
        yield "dct:issued", [_typed(str(this.day), "date")]
        yield "dct:modified", [_typed(str(this.day), "date")]
    yield "dcat:dataset", [_iri(identifier(NAME))]


def _dataset(this: Edition, agent: str, contact: str) -> _Facts:
    yield "a", ["dcat:Dataset"]
    yield "dct:identifier", [_text(identifier(NAME))]
    yield "dct:title", [_text(TITLE, "en"), _text(TITLE_ID, "id")]
    yield "dct:description", [_text(DESCRIPTION, "en"), _text(DESCRIPTION_ID, "id")]
    yield "dct:publisher", [_iri(agent)]
    yield "dct:creator", [_iri(agent)]
    yield "dcat:contactPoint", [_iri(contact)]
    yield "dcat:version", [_text(this.version)]
    yield "dcat:hasCurrentVersion", [_iri(identifier(this.version))]
    if this.day:
        yield "dct:issued", [_typed(str(this.day), "date")]
        yield "dct:modified", [_typed(str(this.day), "date")]
    yield "dct:license", [_iri(LICENSE["path"])]
    yield "dct:accessRights", [_iri(f"{_EU}/access-right/PUBLIC")]
    yield "dct:language", _languages()
    yield "dct:spatial", [_iri(f"{_EU}/country/IDN")]
    if this.start and this.end:
        ends = (("dcat:startDate", this.start), ("dcat:endDate", this.end))
        yield (
            "dct:temporal",
            [_blank(("a", ["dct:PeriodOfTime"]), *((of, [_typed(str(on), "date")]) for of, on in ends))],
        )
    yield "dct:accrualPeriodicity", [_iri(f"{_EU}/frequency/IRREG")]
    yield "dcat:theme", [_iri(f"{_EU}/data-theme/SOCI"), _iri(f"{_EU}/data-theme/EDUC")]
    yield "dcat:keyword", [_text(word, "en") for word in KEYWORDS]
    yield "dcat:landingPage", [_iri(this.home)]
    yield "dcat:distribution", [_iri(_distribution_of(name)) for name, _ in data_files()]


def _contact(this: Edition) -> _Facts:
    yield "a", ["vcard:Kind", "vcard:Organization"]
    yield "vcard:fn", [_text(PUBLISHER)]
    if this.address:
        yield "vcard:hasURL", [_iri(this.address)]


def _distribution(this: Edition, name: str, media: str) -> _Facts:
    path, table = this.folder / name, TABLES[(this.folder / name).stem]
    kind = path.suffix[1:].upper()
    yield "a", ["dcat:Distribution"]
    yield (
        "dct:title",
        [_text(f"{table.words.title_en} ({kind})", "en"), _text(f"{table.words.title_id} ({kind})", "id")],
    )
    yield "dct:description", [_text(table.words.description_en, "en"), _text(table.words.description_id, "id")]
    yield "dcat:accessURL", [_iri(this.home)]
    yield "dcat:downloadURL", [_iri(this.link(name))]
    yield "dcat:mediaType", [_iri(f"{_IANA}{media}")]
    yield "dct:format", [_iri(f"{_EU}/file-type/{kind}")]
    yield "dcat:byteSize", [_typed(str(path.stat().st_size), "nonNegativeInteger")]
    yield "dct:license", [_iri(LICENSE["path"])]
    yield "dcatap:availability", [_iri(f"{_EU}/planned-availability/STABLE")]
    if this.day:
        yield "dct:issued", [_typed(str(this.day), "date")]
    yield "spdx:checksum", [
        _blank(
            ("a", ["spdx:Checksum"]), ("spdx:algorithm", ["spdx:checksumAlgorithm_sha256"]),
            ("spdx:checksumValue", [_typed(this.hashes[name], "hexBinary")]),
        )
    ]  # fmt: skip


def _distribution_of(name: str) -> str:
    return identifier(f"{NAME}/{name}")


def _languages() -> list[str]:
    return [_iri(f"{_EU}/language/{code}") for code in ("IND", "ENG")]


def _facts(facts: _Facts) -> str:
    """What is said of a subject, in Turtle."""
    return " ;\n    ".join(f"{name} {', '.join(values)}" for name, values in facts) + " ."


def _blank(*facts: tuple[str, Iterable[str]]) -> str:
    return "[ " + " ; ".join(f"{name} {', '.join(values)}" for name, values in facts) + " ]"


def _iri(address: str) -> str:
    return f"<{quote(address, safe=_IRI_SAFE)}>"


def _text(text: str, language: str | None = None) -> str:
    """A string of Turtle; the escapes of JSON are among Turtle's."""
    return json.dumps(text, ensure_ascii=False) + (f"@{language}" if language else "")


def _typed(text: str, kind: str) -> str:
    return f'"{text}"^^xsd:{kind}'
