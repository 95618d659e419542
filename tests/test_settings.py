"""Settings come from the environment, and one that is not valid is refused by its name."""

from pathlib import Path

import pytest

from flows.nouns import CannotRun
from flows.settings import ROOT, settings


def test_without_variables_everything_lies_in_the_project() -> None:
    found = settings()
    assert (ROOT / "pyproject.toml").is_file()
    assert (found.raw, found.published, found.state) == (ROOT / "raw", ROOT / "published", ROOT / ".state")
    assert (found.engine, found.memory_limit, found.threads, found.signing_key) == ("duckdb", "1GB", None, None)


def test_variables_decide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "RAW": "~/sources", "PUBLISHED": "out", "ENGINE": "sc://localhost:50051", "MEMORY_LIMIT": "4GB", "THREADS": "2",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"PRAKERJA_{name}", value)
    found = settings()
    assert found.raw == Path.home() / "sources"
    assert found.published == tmp_path / "out"
    assert (found.engine, found.memory_limit, found.threads) == ("sc://localhost:50051", "4GB", 2)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKERJA_RAW", "")
    monkeypatch.setenv("PRAKERJA_THREADS", "")
    assert (settings().raw, settings().threads) == (ROOT / "raw", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENGINE", "postgres"), ("ENGINE", "sc://"), ("THREADS", "0"), ("THREADS", "all"), ("MEMORY_LIMIT", "much")],
)
def test_a_setting_that_is_not_valid_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PRAKERJA_{name}", value)
    with pytest.raises(CannotRun, match=f"PRAKERJA_{name} is not valid"):
        settings()


def test_the_signing_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAKERJA_SIGNING_KEY", "very-private")
    found = settings()
    assert found.signing_key is not None
    assert found.signing_key.get_secret_value() == "very-private"
    assert "very-private" not in f"{found!r} {found} {found.model_dump_json()}"
