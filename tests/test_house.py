"""Does the house keep its own rules: who may import whom, what is installed, where pages lie?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "queries", "actions", "pages", "commands", "demo")
FRONT_DOORS = ("app", "cli")

# Whom of ours each room may import, beside itself. docs/architecture.md says why.
MAY_IMPORT = {
    "analysis": set(),
    "queries": {"analysis"},
    "actions": {"analysis", "queries"},
    "demo": {"analysis", "queries"},
    "pages": {"analysis", "queries", "actions"},
    "commands": {"analysis", "queries", "actions", "pages.document"},
    "app": {"pages", "queries"},
    "cli": {"commands", "queries"},
}
THE_SWITCH = "queries/account.py"
# Text in, text out: charts write numbers and names as the pages do.
WORDS = {"pages.parts.escape", "pages.parts.format", "pages.parts.words"}
STREAMLIT_MAY_STAND_IN = re.compile(
    r"^(app\.py|pages/(?!charts/|document/).*|queries/cached(_answers|_trials)?\.py)$"
)
HEAVY = {
    *("streamlit", "boto3", "botocore", "plotly", "pandas", "pyathena", "scipy"),
    *("smdebug", "google", "sqlglot", "sklearn"),
}
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the module named, where, and whether it runs when the file is imported."""

    module: str
    line: int
    at_import: bool

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


def modules() -> list[str]:
    """Every product module, as a path from the root."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    files += [ROOT / f"{door}.py" for door in FRONT_DOORS if (ROOT / f"{door}.py").exists()]
    return sorted(path.relative_to(ROOT).as_posix() for path in files)


def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"), filename=module)


def imports(node: ast.AST, *, at_import: bool = True) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_import) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            if child.level:
                yield Import("." * child.level, child.lineno, at_import)
            else:
                module = child.module or ""
                yield Import(module, child.lineno, at_import)
                yield from (
                    Import(f"{module}.{alias.name}", child.lineno, at_import)
                    for alias in child.names
                )
        elif not is_type_checking(child):
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(child, at_import=at_import and not inside)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in (
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
    )


@pytest.mark.parametrize("module", modules())
def test_imports_go_one_way(module: str):
    """A room imports only the rooms below it; the demo account comes in through one switch."""
    room = module.partition("/")[0].removesuffix(".py")
    allowed = MAY_IMPORT[room] | {room}
    if module.startswith("pages/charts/"):
        allowed = {"analysis", "pages.charts", *WORDS}
    if module == THE_SWITCH:
        allowed |= {"demo"}
    for found in imports(tree(module)):
        assert not found.module.startswith("."), f"{module}:{found.line}: a relative import"
        if found.package not in (*ROOMS, *FRONT_DOORS):
            continue
        inside = any(
            found.module == name or found.module.startswith(f"{name}.") for name in allowed
        )
        below = any(name.startswith(f"{found.module}.") for name in allowed)
        assert inside or below, f"{module}:{found.line} imports {found.module}"


@pytest.mark.parametrize("module", [m for m in modules() if m.startswith("analysis/")])
def test_analysis_is_pure(module: str):
    """What the numbers say can be computed without a page, a cloud, an engine or a data frame."""
    banned = {"streamlit", "boto3", "botocore", "plotly", "duckdb"}
    for found in imports(tree(module)):
        assert found.package not in banned, f"{module}:{found.line} imports {found.module}"
        assert not (found.at_import and found.package in {"pandas", "scipy"}), (
            f"{module}:{found.line} imports {found.module} before it is needed"
        )


@pytest.mark.parametrize("module", modules())
def test_streamlit_stays_in_the_pages(module: str):
    """Only the frame, the pages and the two caching front doors know that there is a browser."""
    if STREAMLIT_MAY_STAND_IN.match(module):
        return
    found = [f"{module}:{i.line}" for i in imports(tree(module)) if i.package == "streamlit"]
    assert not found


@pytest.mark.parametrize("module", modules())
def test_scipy_stats_is_not_imported(module: str):
    """scipy.stats takes a second to import; the product computes with scipy.special."""
    found = [i.line for i in imports(tree(module)) if i.module.startswith("scipy.stats")]
    assert not found, f"{module}: lines {found}"


def test_no_page_lies_directly_in_pages():
    """A file directly in pages/ would run without app.py on the first deep link."""
    assert [p.name for p in (ROOT / "pages").glob("*.py") if p.name != "__init__.py"] == []


def test_every_test_states_its_law():
    """Every test's docstring says what must hold."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}:{node.lineno} {node.name}"


def test_rooms_have_no_drawers():
    """A module is named for its question, and is short enough to be read in one go."""
    for module in modules():
        path = ROOT / module
        assert DRAWERS.isdisjoint(Path(module).with_suffix("").parts), module
        length = len(path.read_text(encoding="utf-8").splitlines())
        assert length <= 350, f"{module} has {length} lines"


def aws_writes() -> set[str]:
    """The methods of the boto3 clients that change something, from botocore's service models."""
    import boto3
    from botocore import xform_name
    from botocore.loaders import Loader

    assert boto3.__version__
    reads = re.compile(r"^(Get|List|Describe|Head|Search|BatchGet|BatchDescribe|Query|Render)")
    loader = Loader()
    operations = {
        operation
        for service in ("s3", "cloudwatch", "logs", "sagemaker", "athena", "glue")
        for operation in loader.load_service_model(service, "service-2")["operations"]
    }
    writes = {xform_name(operation) for operation in operations if not reads.match(operation)}
    assert {"put_object", "delete_endpoint", "update_endpoint", "put_metric_data"} <= writes
    return writes | {"upload_file", "upload_fileobj", "copy_object"}


def test_queries_only_read():
    """Only actions/ names a method of AWS that changes anything; neither queries nor pages do."""
    writes = aws_writes()
    for module in modules():
        # the demo account answers calls, it makes none
        if module.startswith(("actions/", "demo/")):
            continue
        for node in ast.walk(tree(module)):
            named = node.attr if isinstance(node, ast.Attribute) else None
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = node.value
            assert named not in writes, f"{module}:{node.lineno} names {named}"


@pytest.mark.skipif(not (ROOT / "cli.py").exists(), reason="there is no cli.py")
def test_the_terminal_answers_before_heavy_imports():
    """`python cli.py --help` loads nothing that only an answer needs."""
    code = "import sys, cli; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(run.stdout.split())
    assert "duckdb" not in run.stdout.split()


def required(name: str) -> set[str]:
    """The modules that the packages of a requirements file bring for us to import."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    packages = {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][\w-]*", line))}
    modules = {package.replace("-", "_") for package in packages}
    brought = {
        **{"boto3": "botocore", "protobuf": "google"},
        **{"pyyaml": "yaml", "scikit-learn": "sklearn"},
    }
    return modules | {brought[package] for package in packages & brought.keys()}


def test_every_import_is_required():
    """What is imported is named in a requirements file, not there by somebody else's leave."""
    ours = {*ROOMS, *FRONT_DOORS, "tests"}
    running = required("requirements.txt") | required("requirements-classifier.txt")
    working = running | required("requirements-dev.txt") | {"pyinstrument_cext"}
    peers = {"evidently", "nannyml", "alibi_detect"}  # measured in environments of their own
    tests = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")]
    for names, known in ((modules(), running), (tests, working)):
        for module in names:
            packages = {i.package for i in imports(tree(module))}
            if module.startswith(("tests/benchmarks/", "tests/validation/")):
                packages -= peers
            foreign = packages - ours - known - sys.stdlib_module_names
            assert not foreign, f"{module} imports {foreign}"


OFFLINE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|ConnectionReset|ConnectionError"
    r"|Name or service not known|Temporary failure in name resolution"
)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_requirements_install_without_a_compiler(python: str, tmp_path: Path):
    """Every requirement has a wheel for each Python; the only source is the one in vendor/."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"),
            *("--retries", "1", "--disable-pip-version-check", "--root-user-action=ignore"),
            *("--only-binary=:all:", "--python-version", python, "--target", str(tmp_path)),
            *("-r", "requirements.txt", "-r", "requirements-classifier.txt"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode and OFFLINE.search(run.stdout + run.stderr):
        pytest.skip("no package index can be reached from here")
    assert run.returncode == 0, run.stderr


def test_the_stand_in_for_the_c_extension_samples_calls():
    """pyinstrument's stand-in calls the profiler at most once per interval, and can be ended."""
    sys.path.insert(0, str(ROOT / "vendor" / "pyinstrument_cext"))
    try:
        import pyinstrument_cext
    finally:
        sys.path.pop(0)

    def busy() -> None:
        for _ in range(1000):
            len("")

    before = sys.getprofile()
    counts = {}
    for interval in (0.0, 3600.0):
        events: list[str] = []
        pyinstrument_cext.setstatprofile(lambda _f, event, _a: events.append(event), interval)  # noqa: B023
        try:
            busy()
        finally:
            pyinstrument_cext.setstatprofile(None)
        counts[interval] = len(events)
    assert sys.getprofile() is None
    sys.setprofile(before)
    assert counts[0.0] > 2000
    assert counts[3600.0] == 0
