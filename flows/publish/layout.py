"""What the published files are called. A name here never changes: people's scripts depend on it."""

import re

DATABASE = "prakerja.duckdb"
#: Names the newest release.
LATEST = "latest"
#: The same where there are no links, as in an object store: the newest release's entry in the list.
POINTER = "latest.json"
#: Lists all releases.
RELEASES = "releases.json"
#: Holds the hash of every other file of a release.
SUMS = "SHA256SUMS"
PACKAGE = "datapackage.json"
PROVENANCE = "provenance.json"
#: The same statement in a DSSE envelope with its signatures; only in a signed release.
ENVELOPE = "provenance.dsse.json"
#: The public key of the first signature; only in a signed release.
KEY = "signing_key.pem"

VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
#: A file of a release: no folder, nothing hidden, nothing that a shell or a web address reads in another way.
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def order(version: str) -> tuple[int, ...]:
    """By what versions are sorted."""
    return tuple(map(int, version.split(".")))
