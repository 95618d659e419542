"""What was tampered with is refused, and the file is named; what was not is intact."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from typer.testing import CliRunner

import flows.fetch
import flows.publish.provenance
import flows.verify
from flows.cli import app
from flows.fetch import found
from flows.nouns import CannotRun, Release
from flows.publish import publish
from flows.publish.provenance import code_hash
from flows.publish.signature import envelope, key_id, private_keys, private_pem, public_pem
from flows.store import store
from flows.verify import Problem, Report, verify
from flows.verify.memory import recall, remember
from flows.verify.release import problems_of
from schemas.tables import TABLES
from tests.small import Rows, verdict

OURS, THEIRS = (Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2))
PAPERS = (
    "CHANGES.md", "CITATION.cff", "README.md", "SHA256SUMS", "catalog.ttl", "changes.json", "croissant.json",
    "datapackage.json", "findings.html", "index.html", "measures.html", "ms_ind.csv", "ms_var.csv",
    "provenance.dsse.json", "provenance.json", "regions.html", "schema.jsonld", "search.js", "signing_key.pem",
    "sources.html", "standar_data.csv",
)  # fmt: skip
FILES = sorted([*PAPERS, *(f"{table}.{suffix}" for table in TABLES for suffix in ("csv", "parquet"))])


def organisations(count: int) -> Callable[[Rows], None]:
    """That many organisations more."""

    def add(content: Rows) -> None:
        first = content["organisations"][0]
        content["organisations"] += [first | {"row": number} for number in range(3, 3 + count)]

    return add


def release(published: Path, count: int, *keys: Ed25519PrivateKey) -> Release:
    judged = verdict(organisations(count))
    signing = SecretStr("".join(map(private_pem, keys))) if keys else None
    return publish(store(judged, published), judged, published, signing)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases, signed."""
    folder = tmp_path_factory.mktemp("signed") / "published"
    assert [release(folder, count, OURS).version for count in range(3)] == ["1.0.0", "1.1.0", "1.2.0"]
    return folder


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, unsigned."""
    folder = tmp_path_factory.mktemp("unsigned") / "published"
    assert [release(folder, count).version for count in range(2)] == ["1.0.0", "1.1.0"]
    return folder


@pytest.fixture
def copy(signed: Path, tmp_path: Path) -> Path:
    """The signed releases, to do something to."""
    return Path(shutil.copytree(signed, tmp_path / "published", symlinks=True))


@pytest.fixture(autouse=True, scope="module")
def the_code_stands_still() -> Iterator[None]:
    """Whoever works on the code while the tests run does not change what they publish."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flows.publish.provenance, "code_hash", lambda: "c" * 64)
        yield


@pytest.fixture(autouse=True, scope="module")
def each_content_once() -> Iterator[None]:
    """Look into the tables of the same files once: most of these tests change one release and leave the others."""
    known: dict[object, list[Problem]] = {}

    def looked_into(folder: Path) -> list[Problem]:
        content = tuple((path.name, path.is_file() and path.read_bytes()) for path in sorted(folder.iterdir()))
        links = tuple(path.name for path in folder.iterdir() if path.is_symlink())
        if (content, links) not in known:
            known[content, links] = problems_of(folder)
        return known[content, links]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flows.verify, "problems_of", looked_into)
        yield


def accused(report: Report) -> set[str]:
    return {problem.file for problem in report.problems}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), "utf-8")


def resum(folder: Path) -> None:
    """Write SHA256SUMS anew, as any thief can."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    (folder / "SHA256SUMS").write_text("".join(f"{digest(folder / name)}  {name}\n" for name in names), "ascii")


def restate(folder: Path, change: Callable[[Any], object] = lambda statement: None) -> None:
    """Write the statement anew for the files as they are now, and SHA256SUMS with it."""
    statement = load(folder / "provenance.json")
    about = sorted(
        path for path in folder.iterdir()
        if path.name not in ("SHA256SUMS", "provenance.json", "provenance.dsse.json")
    )  # fmt: skip
    statement["subject"] = [
        {"name": path.name, "digest": {"sha256": digest(path)}, "annotations": {"bytes": path.stat().st_size}}
        for path in about
    ]
    change(statement)
    dump(folder / "provenance.json", statement)
    resum(folder)


def resign(folder: Path, *keys: Ed25519PrivateKey, change: Callable[[Any], object] = lambda statement: None) -> None:
    """Everything anew, signed by these keys: what only an owner of the keys can do."""

    def signing(statement: Any) -> None:
        statement["predicate"]["prakerja_signing"]["key"] = key_id(keys[0].public_key())
        change(statement)

    (folder / "signing_key.pem").write_text(public_pem(keys[0].public_key()), "ascii")
    restate(folder, signing)
    dump(folder / "provenance.dsse.json", envelope((folder / "provenance.json").read_bytes(), keys))
    resum(folder)


def strip(folder: Path) -> None:
    """Make a signed release into an unsigned one."""
    for name in ("signing_key.pem", "provenance.dsse.json"):
        (folder / name).unlink()
    restate(folder, lambda statement: statement["predicate"].update(prakerja_signing={"signed": False, "key": None}))


def relist(published: Path, change: Callable[[list[Any]], object] = lambda entries: None) -> None:
    """Write the list of releases anew, with hashes as they are now."""
    entries = load(published / "releases.json")["releases"]
    for entry in entries:
        entry["sha256sums"] = digest(published / entry["version"] / "SHA256SUMS")
    change(entries)
    dump(published / "releases.json", {"releases": entries})


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def point(published: Path, version: str) -> None:
    (published / "latest").unlink()
    (published / "latest").symlink_to(version)


# Intact


def test_what_was_published_is_intact(signed: Path, unsigned: Path) -> None:
    for published, versions in ((signed, ("1.0.0", "1.1.0", "1.2.0")), (unsigned, ("1.0.0", "1.1.0"))):
        expected = {version: digest(published / version / "SHA256SUMS") for version in versions}
        for target in (published, published / versions[-1], published / "latest"):
            report = verify(target, expected)
            assert (report.problems, dict(report.seen)) == ((), expected)
    assert verify(unsigned).notes == ("1.1.0 is UNSIGNED: this shows damage, not who wrote it",)
    assert key_id(OURS.public_key()) in verify(signed).notes[0]
    assert "the given key" in verify(signed, key=OURS.public_key()).notes[0]


def test_a_release_alone_is_intact_and_says_where_its_chain_ends(signed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(signed / "1.2.0", tmp_path / "downloads"))
    report = verify(folder)
    assert (report.problems, set(report.seen)) == ((), {"1.2.0"})
    assert report.notes[0] == "the chain ends here: release 1.1.0 is not beside this one"


def test_the_files_of_a_signed_release_are_the_ones_that_the_tests_tamper_with(signed: Path) -> None:
    assert sorted(path.name for path in (signed / "1.2.0").iterdir()) == FILES


def test_the_statement_names_what_the_release_was_made_from(signed: Path, unsigned: Path) -> None:
    statement = load(signed / "1.1.0" / "provenance.json")
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
    )  # fmt: skip
    assert {each["name"] for each in statement["subject"]} == set(FILES) - {
        "SHA256SUMS", "provenance.json", "provenance.dsse.json"
    }  # fmt: skip
    definition = statement["predicate"]["buildDefinition"]
    before = {
        "version": "1.0.0", "sha256sums": digest(signed / "1.0.0" / "SHA256SUMS"), "key": key_id(OURS.public_key())
    }  # fmt: skip
    assert definition["externalParameters"] == {"version": "1.1.0", "previous": before}
    named = {each["name"]: each["digest"] for each in definition["resolvedDependencies"] if "name" in each}
    assert named.keys() == {"code", "requirements.lock", "raw/figures.csv"}
    assert named["raw/figures.csv"] == {"sha256": "0" * 64}
    packages = {each["uri"].split("@")[0] for each in definition["resolvedDependencies"] if "uri" in each}
    assert {"pkg:pypi/duckdb", "pkg:pypi/pyarrow", "pkg:pypi/prefect"} <= packages
    summary = statement["predicate"]["prakerja_verdict"]
    assert summary["rows_by_status"]["figures"] == {"accepted": 9, "quarantined": 1}
    assert (summary["rows"]["organisations"], summary["findings"]) == (3, {"error, known": 1})
    marked = load(unsigned / "1.0.0" / "provenance.json")["predicate"]["prakerja_signing"]
    assert (marked["signed"], marked["note"].split(":")[0]) == (False, "UNSIGNED")


def test_the_code_hash_covers_the_code_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flows/a.py", "schemas/b.yaml", "schemas/__pycache__/b.pyc", "tests/c.py", "requirements.lock"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(flows.publish.provenance, "ROOT", tmp_path)
    hashes = [code_hash()]
    for name in ("schemas/__pycache__/b.pyc", "tests/c.py", "flows/a.py", "schemas/b.yaml", "requirements.lock"):
        (tmp_path / name).write_text("changed")
        hashes.append(code_hash())
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(set(hashes)) == 4


# One file after another


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def moved_elsewhere(path: Path) -> None:
    path.symlink_to(path.rename(path.parent.parent / "moved"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-2] + b"?\n"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": append,
    "emptied": lambda path: path.write_bytes(b""),
    "removed": Path.unlink,
    "folder": replaced_by_a_folder,
    "elsewhere": moved_elsewhere,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_file_is_missed_where_it_is_not_as_published(copy: Path, tmp_path: Path, damage: str) -> None:
    for name in FILES:
        folder = Path(shutil.copytree(copy / "1.1.0", tmp_path / name))
        DAMAGES[damage](folder / name)
        assert [problem.file for problem in problems_of(folder)] == [name]
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", FILES)
def test_two_files_that_change_places_are_both_named(copy: Path, name: str) -> None:
    folder, other = copy / "1.2.0", "suspects.csv" if name != "suspects.csv" else "suspects.parquet"
    (folder / name).rename(copy / "held")
    (folder / other).rename(folder / name)
    (copy / "held").rename(folder / other)
    files = {problem.file for problem in problems_of(folder)}
    assert files == ({"SHA256SUMS"} if name == "SHA256SUMS" else {name, other})


@pytest.mark.parametrize("name", [".hidden", "figures.parquet.bak", "more.csv", "SHA256SUMS.sig"])
def test_a_file_too_many_is_named(copy: Path, name: str) -> None:
    (copy / "1.1.0" / name).write_text("x")
    assert accused(verify(copy)) == {f"1.1.0/{name}"}


def test_a_thousand_flipped_bits_are_all_found(copy: Path) -> None:
    folder, random = copy / "1.1.0", Random(5)
    contents = {name: (folder / name).read_bytes() for name in FILES}
    for number in range(1_000):
        name = FILES[number % len(FILES)]
        flipped = bytearray(contents[name])
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
        (folder / name).write_bytes(flipped)
        files = {problem.file for problem in problems_of(folder)}
        assert name in files or name == "SHA256SUMS"
        assert files
        (folder / name).write_bytes(contents[name])
    assert problems_of(folder) == []


# With SHA256SUMS, the statement and the signature adapted


def forged(folder: Path, name: str = "figures.csv") -> None:
    append(folder / name)
    resum(folder)


def a_file_more(folder: Path) -> None:
    (folder / "more.csv").write_text("x")
    resum(folder)


def a_file_less(folder: Path) -> None:
    (folder / "README.md").unlink()
    resum(folder)


def stated(folder: Path) -> None:
    append(folder / "figures.csv")
    restate(folder)


def wrapped(folder: Path) -> None:
    """The envelope holds the forged statement, with the signature of the true one."""
    stated(folder)
    true = load(folder / "provenance.dsse.json")
    forged = envelope((folder / "provenance.json").read_bytes(), [OURS])
    dump(folder / "provenance.dsse.json", {**forged, "signatures": true["signatures"]})
    resum(folder)


def signed_by_another(folder: Path) -> None:
    """Another key signs, under the name of ours."""
    stated(folder)
    theirs = envelope((folder / "provenance.json").read_bytes(), [THEIRS])
    theirs["signatures"][0]["keyid"] = key_id(OURS.public_key())
    dump(folder / "provenance.dsse.json", theirs)
    resum(folder)


def no_signature(folder: Path) -> None:
    dump(folder / "provenance.dsse.json", {**load(folder / "provenance.dsse.json"), "signatures": []})
    resum(folder)


def other_payload(folder: Path) -> None:
    dump(folder / "provenance.dsse.json", {**load(folder / "provenance.dsse.json"), "payloadType": "text/plain"})
    resum(folder)


def no_envelope(folder: Path) -> None:
    (folder / "provenance.dsse.json").unlink()
    resum(folder)


def key_exchanged(folder: Path) -> None:
    (folder / "signing_key.pem").write_text(public_pem(THEIRS.public_key()), "ascii")
    restate(folder)


def key_unreadable(folder: Path) -> None:
    (folder / "signing_key.pem").write_text("no key", "ascii")
    restate(folder)


def called_unsigned(folder: Path) -> None:
    restate(folder, lambda statement: statement["predicate"].update(prakerja_signing={"signed": False, "key": None}))


def no_statement(folder: Path) -> None:
    dump(folder / "provenance.json", {"_type": "something", "predicateType": "else"})
    resum(folder)


def sums_unreadable(folder: Path) -> None:
    (folder / "SHA256SUMS").write_text("figures.csv\n")


def sums_twice(folder: Path) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text() + sums.read_text().splitlines()[0] + "\n")


def sums_outside(folder: Path) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text() + f"{'0' * 64}  ../../secret\n")


@pytest.mark.parametrize(
    ("attack", "files"),
    [
        (forged, {"figures.csv"}), (partial(forged, name="README.md"), {"README.md"}),
        (partial(forged, name="datapackage.json"), {"datapackage.json"}), (a_file_more, {"more.csv"}),
        (a_file_less, {"README.md"}), (stated, {"provenance.dsse.json"}), (wrapped, {"provenance.dsse.json"}),
        (signed_by_another, {"provenance.dsse.json"}), (no_signature, {"provenance.dsse.json"}),
        (other_payload, {"provenance.dsse.json"}), (no_envelope, {"provenance.dsse.json"}),
        (key_exchanged, {"signing_key.pem"}), (key_unreadable, {"signing_key.pem"}),
        (called_unsigned, {"provenance.dsse.json", "signing_key.pem"}), (no_statement, {"provenance.json"}),
        (sums_unreadable, {"SHA256SUMS"}), (sums_twice, {"SHA256SUMS"}), (sums_outside, {"SHA256SUMS"}),
    ],
)  # fmt: skip
def test_who_adapts_the_sums_or_the_statement_is_caught_by_what_cannot_be_adapted(
    copy: Path, attack: Callable[[Path], None], files: set[str]
) -> None:
    attack(copy / "1.1.0")
    relist(copy)
    assert accused(verify(copy)) >= {f"1.1.0/{name}" for name in files}
    assert {problem.file for problem in problems_of(copy / "1.1.0")} == files


# Signed, but wrong: a mistake of ours


def with_package(folder: Path, change: Callable[[list[Any]], object]) -> None:
    package = load(folder / "datapackage.json")
    change(package["resources"])
    dump(folder / "datapackage.json", package)


def rewrite(folder: Path, table: str, sql: str) -> None:
    """Write a table's Parquet file anew, and say so in the data package."""
    path = folder / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.sql(sql.format(f"'{path}'")).write_parquet(f"{path}.new")
    Path(f"{path}.new").replace(path)
    rehash(folder)


def rehash(folder: Path) -> None:
    def change(resources: list[Any]) -> None:
        for each in resources:
            each["hash"] = f"sha256:{digest(folder / each['path'])}"
            if "bytes" in each:
                each["bytes"] = (folder / each["path"]).stat().st_size

    with_package(folder, change)


def no_parquet(folder: Path) -> None:
    (folder / "rules.parquet").write_bytes(b"PAR1")
    rehash(folder)


def edit_csv(folder: Path, old: str, new: str) -> None:
    path = folder / "organisations.csv"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8", newline="\n")
    rehash(folder)


def say_rows(statement: Any) -> None:
    statement["predicate"]["prakerja_verdict"]["rows"]["figures"] += 1


def say_version(statement: Any) -> None:
    statement["predicate"]["buildDefinition"]["externalParameters"]["version"] = "1.1.1"


NOTHING: Callable[[Any], object] = lambda _: None  # noqa: E731
MISTAKES: dict[str, tuple[Callable[[Path], object], Callable[[Any], object], set[str]]] = {
    "rows": (NOTHING, say_rows, {"figures.parquet"}),
    "version": (NOTHING, say_version, {"datapackage.json", "changes.json"}),
    "not described": (lambda folder: with_package(folder, lambda all_: all_.pop()), NOTHING, {"suspects.csv"}),
    "described only": (
        lambda folder: with_package(folder, lambda all_: all_[0].update(path="gone.parquet")), NOTHING,
        {"gone.parquet", "sources.parquet"},
    ),
    "other hash": (
        lambda folder: with_package(folder, lambda all_: all_[1].update(hash="sha256:00")), NOTHING, {"sources.csv"},
    ),
    "other size": (lambda folder: with_package(folder, lambda all_: all_[1].update(bytes=1)), NOTHING, {"sources.csv"}),
    "no package": (lambda folder: (folder / "datapackage.json").write_text("{}"), NOTHING, {"provenance.json"}),
    "other column": (
        lambda folder: rewrite(folder, "rules", "SELECT * RENAME (why AS reason) FROM {}"), NOTHING, {"rules.parquet"},
    ),
    "other type": (
        lambda folder: rewrite(folder, "rules", "SELECT * REPLACE (1 AS why) FROM {}"), NOTHING, {"rules.parquet"},
    ),
    "no Parquet": (
        no_parquet, NOTHING, {"datapackage.json"},
    ),
    "key twice": (
        lambda folder: rewrite(folder, "organisations", "SELECT * REPLACE (1::BIGINT AS row) FROM {}"), NOTHING,
        {"organisations.csv", "organisations.parquet"},
    ),
    "leads nowhere": (
        lambda folder: rewrite(folder, "organisations", "SELECT * REPLACE ('x' AS source) FROM {}"), NOTHING,
        {"organisations.csv", "organisations.parquet"},
    ),
    "other cell in CSV": (lambda folder: edit_csv(folder, "CSIS", "CSID"), NOTHING, {"organisations.csv"}),
    "other column in CSV": (lambda folder: edit_csv(folder, "kind", "sort"), NOTHING, {"organisations.csv"}),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_signature_does_not_make_a_wrong_release_right(copy: Path, mistake: str) -> None:
    change, say, files = MISTAKES[mistake]
    folder = copy / "1.1.0"
    change(folder)
    resign(folder, OURS, change=say)
    assert {problem.file for problem in problems_of(folder)} == files


# The chain, the list and the pointer


def replay(published: Path) -> None:
    """All of 1.1.0 again, under the name of 1.2.0."""
    shutil.rmtree(published / "1.2.0")
    shutil.copytree(published / "1.1.0", published / "1.2.0")
    relist(published)


def mix(published: Path, *names: str) -> None:
    for name in names:
        shutil.copy(published / "1.1.0" / name, published / "1.2.0" / name)


def swap_key(published: Path, version: str = "1.2.0") -> None:
    resign(published / version, THEIRS)
    relist(published)


def strip_last(published: Path) -> None:
    strip(published / "1.2.0")
    relist(published)


def other_history(published: Path) -> None:
    """The owner of the key changes a release that others follow."""
    append(published / "1.0.0" / "README.md")
    resign(published / "1.0.0", OURS)
    relist(published)


def other_link(name: str, value: object) -> Callable[[Path], None]:
    def attack(published: Path) -> None:
        def change(statement: Any) -> None:
            statement["predicate"]["buildDefinition"]["externalParameters"]["previous"][name] = value

        resign(published / "1.2.0", OURS, change=change)
        relist(published)

    return attack


def no_link(published: Path) -> None:
    def change(statement: Any) -> None:
        statement["predicate"]["buildDefinition"]["externalParameters"]["previous"] = None

    resign(published / "1.2.0", OURS, change=change)
    relist(published)


def drop_last(published: Path) -> None:
    """The newest release disappears, and nothing speaks of it any more."""
    shutil.rmtree(published / "1.2.0")
    content = load(published / "releases.json")["releases"][:2]
    dump(published / "releases.json", {"releases": content})
    point(published, "1.1.0")


def drop_from_list(published: Path) -> None:
    dump(published / "releases.json", {"releases": load(published / "releases.json")["releases"][:2]})
    point(published, "1.1.0")


def unlisted(published: Path) -> None:
    (published / "releases.json").write_text("{}")


def latest_is_a_copy(published: Path) -> None:
    (published / "latest").unlink()
    shutil.copytree(published / "1.1.0", published / "latest")


HOUSE: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "rollback of the pointer": (lambda published: point(published, "1.1.0"), {"latest"}),
    "rollback to the first": (lambda published: point(published, "1.0.0"), {"latest"}),
    "pointer to nothing": (lambda published: point(published, "9.0.0"), {"latest"}),
    "pointer outside": (lambda published: point(published, "../elsewhere/1.2.0"), {"latest"}),
    "no pointer": (lambda published: (published / "latest").unlink(), {"latest"}),
    "an older copy for the pointer": (latest_is_a_copy, {"latest"}),
    "a release under another's name": (replay, {"1.2.0/provenance.json"}),
    "mix: older data": (lambda published: mix(published, "organisations.parquet"), {"1.2.0/organisations.parquet"}),
    "mix: older statement": (
        lambda published: mix(published, "provenance.json", "provenance.dsse.json"),
        {"1.2.0/provenance.json", "1.2.0/provenance.dsse.json"},
    ),
    "mix: older sums": (
        lambda published: mix(published, "SHA256SUMS"), {"1.2.0/SHA256SUMS", "1.2.0/organisations.csv"},
    ),
    "swapped key": (swap_key, {"1.2.0/provenance.dsse.json"}),
    "swapped key of the first": (
        lambda published: swap_key(published, "1.0.0"), {"1.0.0/SHA256SUMS"},
    ),
    "signature stripped": (strip_last, {"1.2.0/provenance.json"}),
    "history rewritten": (other_history, {"1.0.0/SHA256SUMS"}),
    "other previous hash": (other_link("sha256sums", "0" * 64), {"1.1.0/SHA256SUMS"}),
    "other previous key": (other_link("key", None), {"1.2.0/provenance.json"}),
    "other previous version": (other_link("version", "1.0.0"), {"1.2.0/provenance.json"}),
    "previous left out": (no_link, {"1.2.0/provenance.json"}),
    "release removed": (lambda published: shutil.rmtree(published / "1.1.0"), {"1.1.0"}),
    "list shortened": (drop_from_list, {"1.2.0"}),
    "list emptied": (lambda published: dump(published / "releases.json", {"releases": []}), {"releases.json"}),
    "list unreadable": (unlisted, {"releases.json"}),
    "list out of order": (lambda published: relist(published, list.reverse), {"releases.json"}),
    "list with a release twice": (
        lambda published: relist(published, lambda entries: entries.append(entries[0])), {"releases.json"},
    ),
    "list with another hash": (
        lambda published: relist(published, lambda entries: entries[1].update(sha256sums="0" * 64)),
        {"1.1.0/SHA256SUMS"},
    ),
    "list with another folder": (
        lambda published: relist(published, lambda entries: entries[2].update(path="1.1.0")), {"releases.json"},
    ),
    "list with what is no version": (
        lambda published: relist(published, lambda entries: entries[2].update(version="../1.2.0")), {"releases.json"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", HOUSE)
def test_an_attack_on_the_house_is_refused_and_the_file_named(copy: Path, attack: str) -> None:
    change, files = HOUSE[attack]
    change(copy)
    assert accused(verify(copy)) >= files


@pytest.mark.parametrize(
    "attack", ["rollback of the pointer", "swapped key", "signature stripped", "history rewritten"]
)
def test_the_same_attacks_are_refused_where_only_the_latest_is_asked_for(copy: Path, attack: str) -> None:
    change, files = HOUSE[attack]
    change(copy)
    assert accused(verify(copy / "latest")) == files


def relink(published: Path, before: str | None, statement: Any) -> None:
    """Have a statement name the release before as it is now, and their key."""
    key = key_id(THEIRS.public_key())
    link = before and {"version": before, "sha256sums": digest(published / before / "SHA256SUMS"), "key": key}
    statement["predicate"]["buildDefinition"]["externalParameters"]["previous"] = link


def test_whoever_rewrites_everything_is_caught_by_memory_and_by_the_key(copy: Path) -> None:
    seen = verify(copy).seen
    for before, version in [(None, "1.0.0"), ("1.0.0", "1.1.0"), ("1.1.0", "1.2.0")]:
        resign(copy / version, THEIRS, change=partial(relink, copy, before))
    relist(copy)
    assert verify(copy).problems == ()
    assert accused(verify(copy, seen)) == {f"{version}/SHA256SUMS" for version in seen}
    assert accused(verify(copy, key=OURS.public_key())) == {"1.2.0/provenance.dsse.json"}


def test_a_release_that_was_seen_and_is_gone_is_missed(copy: Path) -> None:
    seen = verify(copy).seen
    drop_last(copy)
    assert verify(copy).problems == ()
    assert accused(verify(copy, seen)) == {"releases.json"}
    assert accused(verify(copy / "latest", seen)) == {"latest"}
    assert verify(copy / "1.1.0", seen).problems == ()


def test_an_unsigned_release_is_not_signed_with_a_given_key(unsigned: Path) -> None:
    assert accused(verify(unsigned, key=OURS.public_key())) == {"1.1.0/provenance.json"}


# Keys


def test_a_key_is_passed_on_by_the_one_before(copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.name != ".lock"}
    for keys in [(), (THEIRS,)]:
        with pytest.raises(CannotRun, match=r"1\.2\.0 was signed with the key .* and so must the next one be"):
            release(copy, 3, *keys)
    after = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.name != ".lock"}
    assert {path for path in after if before.get(path) != after[path]} <= {copy}
    assert release(copy, 3, THEIRS, OURS).version == "1.3.0"
    assert release(copy, 4, THEIRS).version == "1.4.0"
    assert verify(copy, key=THEIRS.public_key()).problems == ()
    assert accused(verify(copy, key=OURS.public_key())) == {"1.4.0/provenance.dsse.json"}


def test_an_unsigned_history_may_come_to_be_signed(unsigned: Path, tmp_path: Path) -> None:
    published = Path(shutil.copytree(unsigned, tmp_path / "published", symlinks=True))
    release(published, 2, OURS)
    assert verify(published, key=OURS.public_key()).problems == ()


def test_the_same_key_gives_the_same_bytes(signed: Path, tmp_path: Path) -> None:
    release(tmp_path, 0, OURS)
    assert digest(tmp_path / "1.0.0" / "SHA256SUMS") == digest(signed / "1.0.0" / "SHA256SUMS")


@pytest.mark.parametrize("setting", ["no such file", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_without_being_quoted(tmp_path: Path, setting: str) -> None:
    judged = verdict()
    with pytest.raises(CannotRun, match="PRAKERJA_SIGNING_KEY holds no Ed25519 key") as refused:
        publish(store(judged, tmp_path), judged, tmp_path, SecretStr(setting))
    assert setting not in str(refused.value)
    assert not list(tmp_path.glob("[0-9]*"))


def run(state: Path, *arguments: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, arguments)), env={"PRAKERJA_STATE": str(state)})


def test_a_key_pair_is_made_once_and_signs(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made = run(tmp_path, "keygen", file)
    (key,) = private_keys(str(file))
    assert (made.exit_code, file.stat().st_mode & 0o777) == (0, 0o600)
    assert key_id(key.public_key()) in made.output
    assert Path(f"{file}.pub").read_text("ascii") == public_pem(key.public_key())
    again = run(tmp_path, "keygen", file)
    assert (again.exit_code, "never overwritten" in again.output) == (2, True)
    release(tmp_path / "published", 0, key)
    assert run(tmp_path, "verify", tmp_path / "published", "--key", f"{file}.pub").exit_code == 0
    assert run(tmp_path, "verify", tmp_path / "published", "--key", file).exit_code == 2


# The command, and what it remembers


def test_the_command_tells_the_file_and_remembers_what_was_intact(copy: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    intact = run(state, "verify", copy)
    assert (intact.exit_code, intact.output.splitlines()[-1]) == (0, "Intact: 1.0.0, 1.1.0, 1.2.0")
    kept = (copy / "1.2.0" / "figures.csv").read_bytes()
    append(copy / "1.2.0" / "figures.csv")
    broken = run(state, "verify", copy / "latest")
    assert (broken.exit_code, broken.output.splitlines()[0].split(":")[0]) == (1, "1.2.0/figures.csv")
    (copy / "1.2.0" / "figures.csv").write_bytes(kept)
    drop_last(copy)
    assert run(state, "verify", copy).exit_code == 1
    assert run(state, "verify", copy / "latest").exit_code == 1
    assert run(state, "verify", copy, "--forget").exit_code == 0
    assert run(state, "verify", copy).exit_code == 0


def test_what_cannot_be_read_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "nowhere", tmp_path / "empty", "http://127.0.0.1:9/published"):
        assert run(tmp_path / "state", "verify", target).exit_code == 2


def test_memory_is_kept_by_place_and_damage_is_told(tmp_path: Path) -> None:
    remember(tmp_path, "here", {"1.0.0": "a"})
    remember(tmp_path, "here", {"1.1.0": "b"})
    assert (recall(tmp_path, "here"), recall(tmp_path, "there")) == ({"1.0.0": "a", "1.1.0": "b"}, {})
    (tmp_path / "verified.json").write_text("[")
    with pytest.raises(CannotRun, match=r"verified\.json"):
        recall(tmp_path, "here")


# From a web address


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def fetched(address: str, remembered: dict[str, str] | None = None) -> Report:
    with found(address, Path()) as place:
        return verify(place.path, remembered)


def test_a_list_and_a_release_are_verified_from_their_address(signed: Path) -> None:
    everything = verify(signed)
    with served(partial(Quiet, directory=str(signed))) as address:
        assert fetched(address) == everything
        assert fetched(f"{address}/latest/") == everything
        older = fetched(f"{address}/1.1.0")
    assert (older.problems, set(older.seen)) == ((), {"1.0.0", "1.1.0"})


@pytest.mark.parametrize("attack", ["rollback of the pointer", "swapped key", "history rewritten", "mix: older data",
                                    "release removed", "list unreadable", "no pointer"])  # fmt: skip
def test_attacks_are_refused_from_an_address_too(copy: Path, attack: str) -> None:
    change, files = HOUSE[attack]
    change(copy)
    with served(partial(Quiet, directory=str(copy))) as address:
        assert accused(fetched(address)) >= files


@pytest.mark.parametrize("attack", ["rollback of the pointer", "swapped key", "history rewritten"])
def test_the_latest_of_an_address_is_compared_with_its_list_and_chain(copy: Path, attack: str) -> None:
    change, files = HOUSE[attack]
    change(copy)
    with served(partial(Quiet, directory=str(copy))) as address:
        assert accused(fetched(f"{address}/latest")) == files


def test_a_file_without_end_is_not_read_beyond_its_stated_size(signed: Path, tmp_path: Path) -> None:
    class Endless(Quiet):
        def do_GET(self) -> None:
            if not self.path.endswith("1.2.0/figures.csv"):
                super().do_GET()
                return
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"0" * 65_536)
            except OSError:
                self.close_connection = True

    with (
        served(partial(Endless, directory=str(signed))) as address,
        found(f"{address}/1.2.0", tmp_path) as place,
    ):
        expected = (signed / "1.2.0" / "figures.csv").stat().st_size + 1
        assert (place.path / "figures.csv").stat().st_size == expected
        assert accused(verify(place.path)) == {"1.2.0/figures.csv"}


def test_a_list_without_end_is_cut(monkeypatch: pytest.MonkeyPatch, signed: Path) -> None:
    monkeypatch.setattr(flows.fetch, "_SMALL", 100)
    with served(partial(Quiet, directory=str(signed))) as address:
        assert accused(fetched(address)) >= {"releases.json"}


def test_names_that_lead_outside_are_not_asked_for(copy: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    class Listening(Quiet):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    sums_outside(copy / "1.2.0")
    relist(copy)
    with served(partial(Listening, directory=str(copy))) as address:
        assert accused(fetched(f"{address}/1.2.0")) == {"1.2.0/SHA256SUMS"}
    assert asked
    assert not [path for path in asked if "secret" in path]


class Failing(Quiet):
    """Answers with an error."""

    def do_GET(self) -> None:
        self.send_error(503)


class Leading(Quiet):
    """Leads elsewhere: to a file of the reader's machine, or round in a circle."""

    to = "file:///etc/hostname"

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.to)
        self.end_headers()


class Circling(Leading):
    to = "/releases.json"


@pytest.mark.parametrize("handler", [Failing, Leading, Circling])
def test_what_does_not_answer_as_it_should_cannot_be_verified(handler: type[Quiet], tmp_path: Path) -> None:
    with (
        served(partial(handler, directory=str(tmp_path))) as address,
        pytest.raises(CannotRun, match="cannot be fetched"),
        found(address, tmp_path),
    ):
        pass


def test_an_address_without_releases_says_so(tmp_path: Path) -> None:
    with (
        served(partial(Quiet, directory=str(tmp_path))) as address,
        pytest.raises(CannotRun, match="neither a release nor a folder of releases"),
        found(address, tmp_path),
    ):
        pass


def test_a_version_stands_for_its_folder_below_published(signed: Path) -> None:
    for name in ("1.1.0", "latest"):
        with found(name, signed) as place:
            assert (place.path, place.place) == (signed / name, os.path.realpath(signed))
