"""What surrounds a run: its record, what `status` says, who is told, and that no secret is written anywhere."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from flows import pipeline
from flows.cli import app
from flows.nouns import CannotRun
from flows.operate import Done, Looking, World, operate
from flows.operate.notify import notify
from flows.operate.runs import Run, recording, runs, unclosed
from flows.operate.schedule import next_run
from flows.operate.status import Limits, status
from flows.pipeline import Asked
from flows.refresh import Web
from flows.settings import Settings, hidden, secrets
from tests.listening import mail, webhook
from tests.sources import few_regions, table, write
from tests.test_cli import bytes_of
from tests.test_refresh import ERROR_PAGE, sends, serving
from tests.web import WIDE, described, with_versions

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DUE = (NOW, "the test")
TABLE = "Provinsi,Gelombang 1,Gelombang 2\nKalimantan Selatan,1.000,2.000\n"
WRITTEN = {
    "region": "Kalsel",
    "level": "province",
    "measure": "applicants",
    "period_start": "2020",
    "period_end": "2020",
}
WEB = Web(lambda seconds: None, lambda: 0.5, lambda: 0.0)


def chosen(folder: Path, **more: Any) -> Settings:
    return Settings(raw=folder / "raw", published=folder / "published", state=folder / "state", **more)


def transcribed(folder: Path, value: str = "5", name: str = "koran") -> None:
    """A source that a person has written down."""
    described_as = f"name: {name}\nlanguage: id\naccessed: 2026-11-01\n"
    write(folder / "raw" / name, datapackage=described_as, figures=table([{**WRITTEN, "value": value}]))


def carried_out(folder: Path, asked: Asked | None = None, now: datetime = NOW, **more: Any) -> Done:
    fetch = more.pop("fetch", False)
    world = World(lambda: now, WEB)
    return operate(chosen(folder, **more), asked or Asked(now.date()), world, pipeline.directly, Looking(), fetch=fetch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    few_regions(tmp_path).rename(write(tmp_path / "raw") / "regions")
    transcribed(tmp_path)
    return tmp_path


def record(folder: Path, *ended: Run) -> None:
    """Records of runs, as they would have been written."""
    for number, run in enumerate(ended):
        path = write(folder / "state" / "runs") / f"{number}.json"
        path.write_text(run.model_dump_json(), "utf-8")


def run_of(hours: float, outcome: Any = "published", **told: Any) -> Run:
    at = NOW - timedelta(hours=hours)
    return Run(name=f"run-{hours:g}", started=at, ended=at, outcome=outcome, **told)


@pytest.mark.parametrize(
    ("recorded", "attention"),
    [
        ((run_of(1),), ()),
        ((run_of(1, "unchanged"),), ()),
        ((run_of(49),), ("No run has succeeded for 49 hours; 48 are allowed.",)),
        ((), ("No run has succeeded yet. `prakerja run` is one.",)),
        ((run_of(3), run_of(1, "failed", message="the disk")), ("1 failed since", "failed: the disk")),
        ((run_of(3), run_of(1, "running")), ("1 failed since", "was killed")),
        ((run_of(3, "not publishable"), run_of(1)), ()),
        ((run_of(1, refused=("dinas, figures: it is empty",)),), ("dinas, figures was refused",)),
        ((run_of(-5),), ("5.0 hours ahead of the clock",)),
    ],
)
def test_status_tells_what_a_person_must_look_at(place: Path, recorded: tuple[Run, ...], attention: tuple[str]) -> None:
    record(place, *recorded)
    found = status(chosen(place), NOW, Limits(), DUE)
    assert bool(found.attention) == bool(attention)
    for words in attention:
        assert words in "\n".join(found.attention)


def test_status_tells_of_a_source_that_was_never_fetched(place: Path) -> None:
    record(place, run_of(1))
    described(place / "raw" / "dinas", figures=WIDE)
    (told,) = status(chosen(place), NOW, Limits(), DUE).attention
    assert "dinas, figures has never been fetched" in told
    with_versions(place / "raw" / "dinas", TABLE.encode())
    assert status(chosen(place), NOW, Limits(), DUE).attention == ()


@pytest.fixture
def command(place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in ("RAW", "PUBLISHED", "STATE"):
        monkeypatch.setenv(f"PRAKERJA_{name}", str(place / name.lower()))
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def test_the_status_command_is_for_monitors_too(place: Path, command: Callable[..., Result]) -> None:
    now = datetime.now(UTC)
    record(place, Run(name="fresh", started=now, ended=now, outcome="unchanged"))
    assert command("status").exit_code == 0
    late = command("status", "--max-age", "0", "--json", place / "status.json")
    assert late.exit_code == 1
    told = json.loads((place / "status.json").read_text("utf-8"))
    assert (told["last_success"]["name"], told["release"], len(told["attention"])) == ("fresh", None, 1)
    (place / "state" / "runs" / "0.json").write_text("{", "utf-8")
    broken = command("status")
    assert (broken.exit_code, "0.json cannot be read" in " ".join(broken.output.split())) == (2, True)


def test_status_tells_the_webhook_where_asked(
    place: Path, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as heard:
        monkeypatch.setenv("PRAKERJA_NOTIFY_WEBHOOK", f"http://127.0.0.1:{heard.port}/hook")
        assert command("status").exit_code == 1
        assert heard.messages == []
        assert command("status", "--notify").exit_code == 1
        assert "No run has succeeded yet" in heard.messages[0]["text"]


def test_a_run_that_failed_is_known_until_one_has_succeeded(place: Path) -> None:
    with pytest.raises(ValueError, match="odd"), recording(place / "state", lambda: NOW, "first"):
        raise ValueError("odd")
    (failed,) = runs(place / "state")
    assert (failed.outcome, failed.message) == ("failed", "ValueError: odd")
    with recording(place / "state", lambda: NOW + timedelta(hours=1), "second") as entry:
        assert [run.name for run in unclosed(runs(place / "state"), at_work=True)] == ["first"]
        entry.update(outcome="unchanged")
    assert unclosed(runs(place / "state"), at_work=False) == []


def test_a_webhook_is_told_as_json_and_its_refusal_is_returned() -> None:
    with webhook() as heard:
        settings = Settings(notify_webhook=SecretStr(f"http://127.0.0.1:{heard.port}/services/T0/hush-hush"))
        assert notify(settings, "failed", "at /services/T0/hush-hush") == []
        assert heard.messages == [{"subject": "failed", "text": "failed\nat /***"}]
        heard.status = 500
        (told,) = notify(settings, "failed", "")
    assert told == "the webhook could not be sent: the server answered 500"
    (gone,) = notify(settings, "failed", "")
    assert gone == "the webhook could not be sent: ConnectError"


def test_mail_is_sent_with_its_password_and_not_without_a_server() -> None:
    with mail() as heard:
        smtp = SecretStr(f"smtp://robot:s%20ecret@127.0.0.1:{heard.port}")
        assert notify(Settings(notify_email="who@example.org", smtp=smtp), "Gagal é", "two\nlines") == []
    assert [line.split()[0].upper() for line in heard.commands if not line.upper().startswith("EHLO")] == [
        "AUTH", "MAIL", "RCPT", "DATA", "QUIT",
    ]  # fmt: skip
    assert "To: who@example.org" in heard.messages[0]
    assert "two\r\nlines" in heard.messages[0]
    (told,) = notify(Settings(notify_email="who@example.org"), "failed", "")
    assert told == "the e-mail could not be sent: PRAKERJA_SMTP is not set"


KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIBs\n-----END PRIVATE KEY-----\n"
SECRET = {
    "notify_webhook": SecretStr("http://127.0.0.1:9/services/T0/hush-hush?token=webtoken"),
    "notify_email": "who@example.org",
    "smtp": SecretStr("smtp://robot:pass%20word@127.0.0.1:9"),
    "signing_key": SecretStr(KEY),
    "engine": "sc://place:443/;token=dapi0123;x-databricks-cluster-id=1",
}


@pytest.mark.parametrize(
    "said",
    [
        "POST http://127.0.0.1:9/services/T0/hush-hush?token=webtoken", "services/T0/hush-hush?token=webtoken",
        "smtp://robot:pass%20word@127.0.0.1:9", "robot pass word", "key MC4CAQAwBQYDK2VwBCIEIBs", KEY,
        "sc://place:443/;token=dapi0123;x-databricks-cluster-id=1", "Bearer dapi0123",
    ],
)  # fmt: skip
def test_no_secret_is_told(place: Path, said: str) -> None:
    settings = chosen(place, **SECRET)
    assert not any(secret in hidden(said, settings) for secret in secrets(settings))


def test_no_secret_is_written_where_a_step_fails_with_one(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = chosen(place, **SECRET)
    leak = "\n".join(secrets(settings))

    def step(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def leaking(*args: Any) -> Any:
        raise RuntimeError("it broke") from OSError(leak)

    world = World(lambda: NOW, WEB)
    looking = Looking(read=lambda function, folders: map(leaking, folders))
    with pytest.raises(CannotRun, match="RuntimeError: it broke"):
        operate(settings, Asked(NOW.date()), world, step, looking)
    (record,) = runs(settings.state)
    assert record.message == "RuntimeError: it broke"
    written = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    shown = "".join(capfd.readouterr()).encode()
    assert not [secret for secret in secrets(settings) for text in (*written, shown) if secret.encode() in text]


def test_the_next_run_is_asked_of_a_server_and_else_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    due, said = next_run(datetime(2026, 11, 24, 23, 0, tzinfo=UTC))
    assert (f"{due:%Y-%m-%d %H:%M}", said) == ("2026-11-26 06:00", "the schedule")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert next_run(NOW)[1] == "the schedule"


@pytest.fixture
def site(place: Path) -> Iterator[Any]:
    with serving() as server:
        server.answers, server.asked = [sends(TABLE)], []
        described(place / "raw" / "dinas", url=f"http://127.0.0.1:{server.server_port}/tabel", figures=WIDE)
        yield server


@pytest.mark.slow
def test_a_rehearsal_a_replay_and_a_run_of_one_source(place: Path, site: Any) -> None:
    """One story, since each run takes seconds: what is refused, what changes nothing, and what is as it was then."""
    first = carried_out(place, fetch=True)
    assert first.outcome.release is not None
    before = bytes_of(place / "published")
    later = NOW + timedelta(days=2)
    site.answers = [sends(TABLE.replace("2.000", "2.500"))]
    tried = carried_out(place, Asked(later.date(), is_rehearsal=True), later, fetch=True)
    assert tried.outcome.rehearsal is not None
    assert tried.outcome.rehearsal.version == "1.0.1"
    assert bytes_of(place / "published") == before
    (record,) = runs(place / "state")
    assert record.outcome == "published"

    second = carried_out(place, now=later)
    assert second.outcome.release is not None
    assert second.outcome.release.version == "1.0.1"
    assert [each.rule for each in second.difference.new] == ["source_was_altered"]
    empty = write(place / "empty")
    then = Asked(later.date(), as_of=date(2026, 11, 25))
    with pytest.raises(CannotRun, match="Set PRAKERJA_PUBLISHED to another folder for --as-of"):
        carried_out(place, then, later)
    with pytest.raises(CannotRun, match="there is nothing to fetch"):
        carried_out(empty, then, later, fetch=True)
    replayed = operate(
        chosen(place).model_copy(update={"published": place / "then"}), then, World(lambda: later, WEB),
        pipeline.directly, Looking(),
    ).outcome.release  # fmt: skip
    assert replayed is not None
    same = bytes_of(place / "published" / "1.0.0")
    assert {name: digest for name, digest in bytes_of(replayed.folder).items() if name.endswith(".parquet")} == {
        name: digest for name, digest in same.items() if name.endswith(".parquet")
    }
    with pytest.raises(CannotRun, match="release of other sources too, as dinas"):
        carried_out(place, Asked(later.date(), only=("koran",)), later)
    alone = carried_out(place, Asked(later.date(), only=("koran",), is_rehearsal=True), later)
    assert [source.name for source in alone.outcome.snapshot.sources] == ["koran", "regions"]
    assert len(runs(place / "state")) == 2


@pytest.mark.slow
def test_a_source_that_cannot_be_described_is_one_sources_failure(place: Path, site: Any) -> None:
    shutil.copytree(place / "raw" / "dinas", place / "raw" / "badan")
    (place / "raw" / "badan" / "datapackage.yaml").write_text("name: [", "utf-8")
    from flows.refresh import refresh

    found = refresh(place / "raw", NOW, WEB)
    assert [(each.source, each.outcome) for each in found] == [("badan", "refused"), ("dinas", "new")]
    assert "is not readable as YAML" in found[0].told


def test_an_error_page_is_refused_and_the_run_goes_on(place: Path, site: Any) -> None:
    from flows.refresh import refresh

    site.answers = [sends(ERROR_PAGE)]
    (found,) = refresh(place / "raw", NOW, WEB)
    assert found.outcome == "refused"
