"""The house's own rules: who imports whom, what no file may hold, what every lock, folder and README must."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from flows.settings import ROOT, Settings

#: What only puts steps together, and what every step may import.
TABLES_OF_CONTENTS = {"flows.__main__", "flows.pipeline", "flows.flow", "flows.cli", "flows.check", "flows.rebuild"}
SHARED = {"flows.disk", "flows.engine", "flows.nouns", "flows.settings"}
#: What is no step and uses the parts of one, so that both agree: on published files publish, on those in raw/ read.
READERS = {
    "flows.fetch": {"flows.publish"},
    "flows.verify": {"flows.publish"},
    "flows.diff": {"flows.publish"},
    "flows.preview": {"flows.publish"},
    "flows.refresh": {"flows.read"},
    "flows.upload": {"flows.publish", "flows.verify"},
    "flows.operate": {"flows.publish", "flows.read", "flows.refresh", "flows.pipeline"},
}
LOCKS = ("requirements.lock", "requirements-dev.lock")
#: Written in two halves, so that this file does not hold them: folders of a machine, addresses of package indexes.
MACHINE = tuple(
    first + second for first, second in [("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/"), ("/Use", "rs/"), ("/tm", "p/")]
)
INDEX = tuple(
    first + second
    for first, second in [
        ("pypi", ".org"), ("python", "hosted.org"), ("registry.npm", "js.org"),
        ("--in", "dex-url"), ("--extra-in", "dex-url"), ("--fi", "nd-links"),
    ]
)  # fmt: skip


def files_of_ours() -> list[Path]:
    """Every text file of the repository: no environment, no cache, nothing that a program alone can read or the web
    gave us."""
    hidden = {path for path in ROOT.iterdir() if path.name.startswith(".")} - {ROOT / ".ci", ROOT / ".gitignore"}
    tops = [path for path in ROOT.iterdir() if path not in hidden and not path.name.endswith(".egg-info")]
    found = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
    binary = {".parquet", ".duckdb", ".png", ".xlsx", ".ods", ".pyc"}
    return [path for path in found if path.is_file() and path.suffix not in binary and path.parent.name != "versions"]


def modules(package: str) -> dict[str, Path]:
    """Each module of a package by its dotted name."""
    files = (ROOT / package).rglob("*.py")
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imports(file: Path) -> Iterator[str]:
    """The modules of ours that a file imports, at its top or inside a function."""
    ours = modules("flows") | modules("schemas")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in ("flows", "schemas"))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("flows", "schemas"):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in ours else node.module for name in whole)


def step(module: str) -> str:
    """The step that a module belongs to: `flows.ingest.tokens` to `flows.ingest`."""
    return ".".join(module.split(".")[:2])


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "step.py"
    file.write_text(
        "import flows.read\nfrom flows import store as s\nimport os\ndef f():\n    from flows.ingest.tokens import x\n"
        "from schemas.tables import TABLES\n"
    )
    expected = {"flows.read", "flows.store" if "flows.store" in modules("flows") else "flows", "flows.ingest.tokens"}
    assert set(imports(file)) == expected | {"schemas.tables"}


def test_schemas_import_nothing_of_flows() -> None:
    found = {name: [other for other in imports(file) if step(other).startswith("flows")]
             for name, file in modules("schemas").items()}  # fmt: skip
    assert "schemas.tables" in found
    assert {name: others for name, others in found.items() if others} == {}


def test_no_step_imports_another_step() -> None:
    steps = {name: file for name, file in modules("flows").items() if step(name) not in TABLES_OF_CONTENTS}
    offending = {
        (name, other)
        for name, file in steps.items()
        for other in imports(file)
        if other.startswith("flows") and other not in SHARED
        and step(other) not in {step(name), *READERS.get(step(name), set())}
    }  # fmt: skip
    assert "flows.read" in steps
    assert offending == set()


def forbidden(text: str) -> list[str]:
    """What a text of ours may not hold. A folder counts where a path starts, so that web addresses may have it."""
    return [path for path in MACHINE if re.search(rf"(?<![\w.-]){path}", text)] + [
        part for part in INDEX if part in text
    ]


def test_no_file_holds_a_machine_path_or_an_index_address() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files_of_ours()}
    assert {".ci/run", "pyproject.toml", "requirements.lock", "tests/test_house.py"} <= texts.keys()
    assert {name: found for name, text in texts.items() if (found := forbidden(text))} == {}


def test_what_is_forbidden_is_found_and_what_looks_like_it_is_not() -> None:
    for words in MACHINE + INDEX:
        assert forbidden(f'cache = "{words}x"') == [words]
    assert forbidden(f"https://files.{INDEX[1]}/packages") == [INDEX[1]]
    assert forbidden(f"https://example.com{MACHINE[2]}page and --no-emit-index{'-url'}") == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_an_exact_version_and_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.replace("\\\n", " "))[1:]
    assert len(entries) > 100
    for entry in entries:
        name = entry.split()[0]
        assert re.match(r"^[a-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+$", name), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
    assert not re.search(r"://|^-", text, re.MULTILINE)


def locked(lock: str) -> dict[str, set[str]]:
    """The versions of each package in a lock: more than one where they depend on the Python."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def test_the_tests_run_on_the_versions_that_the_pipeline_runs_on() -> None:
    run, dev = (locked(lock) for lock in LOCKS)
    assert {name: dev.get(name) for name in run} == run


def test_every_dependency_has_an_upper_bound_and_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, wanted in zip(LOCKS, [project["dependencies"], extras["dev"]], strict=True):
        versions = locked(lock)
        for requirement in wanted + extras["build"]:
            assert re.search(r"==|<", requirement), f"{requirement} has no upper bound"
            assert re.split(r"[\[<>=]", requirement)[0].lower() in versions, f"{requirement} is not in {lock}"


def test_every_raw_folder_is_named_in_its_descriptor() -> None:
    folders = [path for path in (ROOT / "raw").iterdir() if path.is_dir()]
    assert len(folders) > 100
    for folder in folders:
        descriptor = yaml.safe_load((folder / "datapackage.yaml").read_text(encoding="utf-8"))
        assert descriptor["name"] == folder.name
        for resource in descriptor["resources"]:
            assert (folder / resource["path"]).is_file(), f"{folder.name} lists {resource['path']}"


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_commands_of_make_and_no_others() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme(), re.MULTILINE))
    assert named == targets


def test_the_readme_names_the_commands_of_prakerja_and_no_others() -> None:
    from flows.cli import app

    commands = {command.name or str(getattr(command.callback, "__name__", "")) for command in app.registered_commands}
    commands = {name.replace("_", "-") for name in commands}
    table = set(re.findall(r"^\| `prakerja ([a-z-]+)", readme(), re.MULTILINE))
    assert table == commands
    everywhere = readme() + (ROOT / "raw" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bprakerja ([a-z]+(?:-[a-z]+)*) ", everywhere)) <= commands


def test_the_readme_names_every_setting() -> None:
    named = set(re.findall(r"`PRAKERJA_([A-Z_]+)`", readme()))
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_readmes_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "raw" / "README.md"):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        assert len(links) >= 2
        for link in links:
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_schedules_are_those_of_serve() -> None:
    from flows import flow

    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    planned = {}
    for each in deployments:
        file, function = each["entrypoint"].split(":")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert each["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
        assert each["work_pool"]["name"] == "prakerja"
        (schedule,) = each["schedules"]
        planned[each["name"]] = (function, schedule["cron"], schedule["timezone"], each.get("parameters"))
    assert planned == {
        "refresh": ("prakerja", "0 6 * * *", "Asia/Jakarta", {"fetch": True}),
        "verify": ("verify", "0 8 * * 0", "Asia/Jakarta", None),
        "watch": ("watch", "0 12 * * *", "Asia/Jakarta", None),
    }
    served = [(each.cron, each.slug) for each in (flow.REFRESH, flow.VERIFY, flow.WATCH)]
    assert served == [(each["schedules"][0]["cron"], each["schedules"][0]["slug"]) for each in deployments]
