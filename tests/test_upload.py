"""An S3-compatible store has whole releases, or none of them is named; nothing there is ever taken back."""

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from typer.testing import CliRunner
from werkzeug.serving import make_server

from flows.cli import app
from flows.diff import diff
from flows.fetch import found
from flows.nouns import CannotRun
from flows.upload import Uploaded, upload
from flows.verify import Report, verify
from tests.test_verify import (
    OURS,
    THEIRS,
    accused,
    append,
    digest,
    dump,
    load,
    point,
    release,
    resign,
)

Answer = Iterable[bytes]
BUCKET = "prakerja"
#: Anybody may read what is there, and may not list it: what is not there is then forbidden (403), not missing (404).
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    ],
}


class Store:
    """An S3 server on this machine. `spoil` may answer, or change what is kept, at the PUT that it counts down to."""

    def __init__(self) -> None:
        self._real = DomainDispatcherApplication(create_backend_app)
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.puts: list[str] = []
        self.spoil: tuple[int, Callable[[dict[str, Any]], int | None]] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Answer:
        if environ["REQUEST_METHOD"] == "PUT":
            self.puts.append(environ["PATH_INFO"].removeprefix(f"/{BUCKET}/"))
            if self.spoil and len(self.puts) == self.spoil[0] and (status := self.spoil[1](environ)):
                start_response(f"{status} refused", [("Content-Length", "0")])
                return []
        answer: Answer = self._real(environ, start_response)
        return answer

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    store = Store()
    thread = threading.Thread(target=store.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield store
    store.server.shutdown()
    store.server.server_close()
    thread.join()


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty bucket, and the variables that say where it is."""
    for name, value in [("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("REGION", "us-east-1")]:
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    bucket = boto3.resource("s3", endpoint_url=server.address, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    bucket.Policy().put(Policy=json.dumps(PUBLIC))
    server.puts.clear()
    server.spoil = None
    yield server
    server.spoil = None
    bucket.objects.all().delete()
    bucket.delete()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upload") / "published"
    assert [release(folder, count, OURS).version for count in range(2)] == ["1.0.0", "1.1.0"]
    return folder


@pytest.fixture
def first(published: Path, tmp_path: Path) -> Path:
    """The releases as they were when there was one."""
    copy = Path(shutil.copytree(published, tmp_path / "published", symlinks=True))
    shutil.rmtree(copy / "1.1.0")
    dump(copy / "releases.json", {"releases": load(copy / "releases.json")["releases"][:1]})
    point(copy, "1.0.0")
    return copy


def target(prefix: str = "data") -> str:
    return f"s3://{BUCKET}/{prefix}"


def fetched(store: Store, path: str = "data") -> Report:
    with found(f"{store.address}/{BUCKET}/{path}", Path()) as place:
        return verify(place.path)


def latest(store: Store, prefix: str = "data") -> str | None:
    """The version that the pointer in the bucket names."""
    objects = boto3.client("s3", endpoint_url=store.address, region_name="us-east-1")
    listed = objects.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/latest.json").get("Contents", [])
    if not listed:
        return None
    content = json.loads(objects.get_object(Bucket=BUCKET, Key=f"{prefix}/latest.json")["Body"].read())
    return str(content["version"])


def test_versions_come_first_then_the_list_then_the_pointer(store: Store, published: Path) -> None:
    assert upload(published, target()) == Uploaded(("1.0.0", "1.1.0"), "1.1.0")
    names = {version: {f"data/{version}/{path.name}" for path in (published / version).iterdir()}
             for version in ("1.0.0", "1.1.0")}  # fmt: skip
    count = len(names["1.0.0"])
    assert (set(store.puts[:count]), store.puts[count - 1]) == (names["1.0.0"], "data/1.0.0/SHA256SUMS")
    assert (set(store.puts[count:-2]), store.puts[-3]) == (names["1.1.0"], "data/1.1.0/SHA256SUMS")
    assert store.puts[-2:] == ["data/releases.json", "data/latest.json"]


def test_what_was_uploaded_is_verified_and_compared_from_its_address(store: Store, published: Path) -> None:
    upload(published, target())
    expected = {version: digest(published / version / "SHA256SUMS") for version in ("1.0.0", "1.1.0")}
    for path in ("data", "data/1.1.0", "data/latest"):
        report = fetched(store, path)
        assert (report.problems, report.seen) == ((), expected)
    with found(f"{store.address}/{BUCKET}/data", Path()) as place:
        changes = diff(published / "1.0.0", place.path)
    assert (changes.version, [each.table for each in changes.rows]) == ("1.1.0", ["organisations", "sources"][:1])


def test_nothing_is_sent_twice(store: Store, published: Path) -> None:
    upload(published, target())
    store.puts.clear()
    assert upload(published, f"{target()}/") == Uploaded((), "1.1.0")
    assert store.puts == []
    assert upload(published, target("elsewhere")).versions == ("1.0.0", "1.1.0")


def test_files_say_what_they_are_and_how_long_they_hold(store: Store, published: Path) -> None:
    upload(published, target())
    objects = boto3.client("s3", endpoint_url=store.address, region_name="us-east-1")
    for name, kind, cached in [
        ("1.1.0/figures.csv", "text/csv", True), ("1.1.0/figures.parquet", "application/vnd.apache.parquet", True),
        ("1.1.0/datapackage.json", "application/json", True), ("1.1.0/SHA256SUMS", "text/plain", True),
        ("latest.json", "application/json", False), ("releases.json", "application/json", False),
    ]:  # fmt: skip
        head = objects.head_object(Bucket=BUCKET, Key=f"data/{name}")
        assert (head["ContentType"], "immutable" in head["CacheControl"]) == (kind, cached)


def refused(environ: dict[str, Any]) -> int:
    return 403


def shortened(environ: dict[str, Any]) -> None:
    """Keep all but the last byte, and say that all is well."""
    content = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))[:-1]
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(content), str(len(content))


def altered(environ: dict[str, Any]) -> None:
    """Keep other bytes of the same length."""
    content = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = BytesIO(content[:-1] + b"?")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        *((refused, place) for place in ("first file", "in the middle", "SHA256SUMS", "releases.json", "latest.json")),
        *((spoil, place) for spoil in (shortened, altered) for place in ("first file", "in the middle", "SHA256SUMS")),
    ],
)
def test_an_upload_that_fails_leaves_the_pointer_and_the_next_call_completes_it(
    store: Store, published: Path, first: Path, spoil: Callable[[dict[str, Any]], int | None], place: str
) -> None:
    upload(first, target())
    count = len(list((published / "1.1.0").iterdir()))
    number = {"first file": 1, "in the middle": count // 2, "SHA256SUMS": count, "releases.json": count + 1,
              "latest.json": count + 2}[place]  # fmt: skip
    store.puts.clear()
    store.spoil = (number, spoil)
    with pytest.raises(CannotRun, match=r"run again"):
        upload(published, target())
    assert len(store.puts) == number
    assert place in (store.puts[-1].split("/")[-1], "first file", "in the middle")
    assert latest(store) == "1.0.0"
    assert fetched(store, "data/1.0.0").problems == ()
    store.spoil = None
    assert upload(published, target()).latest == "1.1.0"
    assert fetched(store).problems == ()


def test_what_verify_refuses_is_not_uploaded(store: Store, published: Path, first: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(published, tmp_path / "damaged", symlinks=True))
    append(copy / "1.0.0" / "figures.csv")
    with pytest.raises(CannotRun, match=r"1\.0\.0/figures\.csv is not the file .*; nothing was uploaded"):
        upload(copy, target())
    with pytest.raises(CannotRun, match=r"no longer lists 1\.1\.0, .*; nothing was uploaded"):
        upload(first, target(), verify(published).seen)
    assert store.puts == []


def test_an_older_list_does_not_replace_a_newer_one(store: Store, published: Path, first: Path) -> None:
    upload(published, target())
    store.puts.clear()
    with pytest.raises(CannotRun, match=r"has release 1\.1\.0, which is not here"):
        upload(first, target())
    assert (store.puts, latest(store)) == ([], "1.1.0")


@pytest.mark.slow
@pytest.mark.parametrize("announced", [True, False])
def test_another_release_of_the_same_number_is_refused(
    store: Store, published: Path, first: Path, announced: bool
) -> None:
    release(first, 1, OURS)
    other = first / "1.1.0"
    append(other / "README.md")
    resign(other, OURS)
    entries = load(first / "releases.json")["releases"]
    entries[1]["sha256sums"] = digest(other / "SHA256SUMS")
    dump(first / "releases.json", {"releases": entries})
    if not announced:
        store.spoil = (2 * len(list(other.iterdir())) + 1, refused)
        with pytest.raises(CannotRun, match="cannot upload"):
            upload(first, target())
        store.spoil = None
    else:
        upload(first, target())
    store.puts.clear()
    with pytest.raises(CannotRun, match=r"has another release 1\.1\.0 than this one"):
        upload(published, target())
    assert [name for name in store.puts if "1.1.0" in name] == []


def test_the_first_of_two_uploads_at_once_wins(store: Store, published: Path, first: Path) -> None:
    upload(first, target())

    def meanwhile(environ: dict[str, Any]) -> None:
        store.spoil = None
        objects = boto3.client("s3", endpoint_url=store.address, region_name="us-east-1")
        objects.put_object(Bucket=BUCKET, Key="data/releases.json", Body=b'{"releases": []}')

    store.spoil = (len(store.puts) + len(list((published / "1.1.0").iterdir())) + 1, meanwhile)
    with pytest.raises(CannotRun, match="somebody else is uploading"):
        upload(published, target())
    assert latest(store) == "1.0.0"


@pytest.mark.parametrize("name", ["releases.json", "latest.json"])
def test_a_pointer_that_is_not_of_the_newest_is_a_rollback(store: Store, published: Path, name: str) -> None:
    upload(published, target())
    objects = boto3.client("s3", endpoint_url=store.address, region_name="us-east-1")
    entries = load(published / "releases.json")["releases"]
    old = json.dumps({"releases": entries[:1]} if name == "releases.json" else entries[0]).encode()
    objects.put_object(Bucket=BUCKET, Key=f"data/{name}", Body=old)
    assert accused(fetched(store)) >= {"latest.json"}
    objects.put_object(Bucket=BUCKET, Key=f"data/{name}", Body=b"[")
    assert accused(fetched(store)) & {"releases.json", "latest.json", "latest"}


@pytest.mark.parametrize(
    ("address", "said"),
    [("gs://bucket/data", "give s3://bucket/prefix"), ("published", "give s3://bucket/prefix"),
     ("s3://", "give s3://bucket/prefix"), ("s3://no-such-bucket/data", "cannot upload to")],
)  # fmt: skip
def test_what_is_no_place_is_named(store: Store, published: Path, address: str, said: str) -> None:
    with pytest.raises(CannotRun, match=said):
        upload(published, address)


def test_an_unreadable_list_in_the_store_stops_us(store: Store, published: Path) -> None:
    objects = boto3.client("s3", endpoint_url=store.address, region_name="us-east-1")
    objects.put_object(Bucket=BUCKET, Key="data/releases.json", Body=b"{}")
    with pytest.raises(CannotRun, match=r"data/releases\.json cannot be read"):
        upload(published, target())


def test_a_folder_without_releases_is_not_uploaded(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="holds no list of releases"):
        upload(tmp_path, target())


def test_the_command_says_what_was_uploaded(store: Store, published: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        environment = {"PRAKERJA_PUBLISHED": str(published), "PRAKERJA_STATE": str(tmp_path / "state")}
        return CliRunner().invoke(app, list(arguments), env=environment)

    told = run("publish", "--to", target())
    assert (told.exit_code, told.output) == (0, "Uploaded: 1.0.0, 1.1.0. The newest there is 1.1.0.\n")
    assert run("publish", "--to", target()).output == "Uploaded: nothing was missing. The newest there is 1.1.0.\n"
    assert run("verify", f"{store.address}/{BUCKET}/data").exit_code == 0
    assert run("publish", "--to", "published").exit_code == 2
    assert run("publish").exit_code == 2


def test_another_key_signs_another_release(published: Path, tmp_path: Path) -> None:
    """So that the tests above compare what differs."""
    release(tmp_path, 0, THEIRS)
    assert digest(tmp_path / "1.0.0" / "SHA256SUMS") != digest(published / "1.0.0" / "SHA256SUMS")
