"""The rules of the house that must never slip, read from the source alone: nothing of the package is imported here."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "ctadata_jlab"
NAME = PACKAGE.name

FLOORS = {
    "errors": 0,
    "paths": 1,
    "http": 1,
    "config": 1,
    "curl": 2,
    "storage": 3,
    "tokens": 3,
    "transfer": 4,
    "preview": 4,
    "session": 5,
    "foreground": 6,
    "remote": 7,
    "aio": 8,
    "server": 8,
    "cli": 8,
    "magics": 8,
    "compat": 8,
    "demo": 8,
    "filesystem": 8,
    "firecrest": 8,
    "oscar": 8,
}
"""Imports go down, any number of floors; rooms of one floor do not know each other."""

STAIRS = {
    ("config", "transfer.job"): "the plain values of a choice that is configured and obeyed: `Conflict`",
    ("curl", "storage"): "what it sends is called `Body`; for the type checker only",
    ("cli", "demo"): "`ctadata-jlab demo` starts it",
}
"""Imports that go up or sideways, and why. Those that nobody uses any more are to be removed."""

CORE = {
    "errors",
    "paths",
    "config",
    "http",
    "curl",
    "storage",
    "tokens",
    "transfer",
    "preview",
    "session",
    "foreground",
    "remote",
    "aio",
    "filesystem",
}
"""The core: plain synchronous Python in threads."""
FOREIGN_TO_IT = {
    "tornado",
    "jupyter_server",
    "jupyter_events",
    "jupyter_client",
    "jupyterlab",
    "IPython",
    "ipykernel",
}

DOORS = {"cli", "magics", "demo", "compat"}
"""What talks to a terminal or a notebook, and so may print."""

SWALLOWING = {
    "curl/exchange.py": "libcurl's callbacks: nothing may be raised into C",
    "preview/child.py": "a process's top: libraries raise what they like about a file; it is told to the parent",
    "foreground/crew.py": "a thread's top: raised again where the results are taken",
    "server/drops.py": "a thread's top: kept, and raised by `finish`",
    "server/documents.py": "nbformat raises what it likes about a document; the HTTP edge tells it as one error",
    "server/threads.py": "a thread's top: raised again on the loop",
    "storage/webdavreader.py": "a thread's top: raised again where the answer is taken",
    "tokens/foreign.py": "foreign code raises what it likes; its text may hold secrets",
    "tokens/pending.py": "a thread's top: the dialog tells why the login came to nothing",
    "transfer/board.py": "a thread's top: one listener's fault must not silence the others",
    "transfer/crew.py": "a thread's top, and the edge of one item: others go on",
    "transfer/haul.py": "a thread's top: raised again by who gathers",
    "transfer/pump.py": "a thread's top: raised again where the bytes are taken",
    "transfer/strands.py": "a thread's top: raised again where the bytes are taken",
    "transfer/run.py": "a thread's top",
    "transfer/walk.py": "a thread's top: raised again where the entries are taken",
}
"""Where everything may be caught and not raised again as it is, and why."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LONGEST = 400

FILES = sorted(
    file
    for file in PACKAGE.rglob("*.py")
    if not {"labextension", "__pycache__"} & set(file.parts) and file.name != "_version.py"
)
MODULES = {
    ".".join((NAME, *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file for file in FILES
}
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
each_module = pytest.mark.parametrize("module", MODULES)


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def room(module: str) -> str:
    """Return the part of the package that *module* is in; the package's own `__init__` has none."""
    return module.split(".")[1] if "." in module else ""


def imported(module: str) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every module that *module* imports anywhere, also late or for the type checker."""
    yield from _imports(tree(MODULES[module]))


def _imports(root: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield node.lineno, whole if whole in MODULES else node.module


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _names(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


# --- floors


@each_module
def test_imports_go_down(module: str) -> None:
    """A room imports from floors below it, from itself, or by a stair that is listed with its reason."""
    here = room(module)
    if not here:
        return
    assert here in FLOORS, f"{here} is on no floor: add it to FLOORS"
    wrong = []
    for line, target in imported(module):
        there = room(target)
        if target.split(".")[0] != NAME or there in {"", here}:
            continue
        if (here, there) in STAIRS or (here, target.removeprefix(f"{NAME}.")) in STAIRS:
            continue
        if FLOORS.get(there, 99) >= FLOORS[here]:
            wrong.append(f"line {line}: {target}")
    assert not wrong


def test_every_stair_is_used() -> None:
    """An exception that nobody needs is no longer one."""
    used = set()
    for module in MODULES:
        for _, target in imported(module):
            if target.split(".")[0] == NAME:
                used |= {(room(module), room(target)), (room(module), target.removeprefix(f"{NAME}."))}
    assert not [stair for stair in STAIRS if stair not in used]


@each_module
def test_the_core_knows_no_event_loop(module: str) -> None:
    """The core imports neither tornado nor Jupyter nor IPython: it serves the shell and scripts, too."""
    if room(module) not in CORE:
        return
    assert not [f"line {line}: {target}" for line, target in imported(module) if target.split(".")[0] in FOREIGN_TO_IT]


def test_no_import_cycles() -> None:
    """No module needs, directly or by others, itself to be loaded; what is for the type checker alone does not count."""
    needs = {module: {target for target in _needed(module) if target in MODULES} for module in MODULES}
    assert not _cycles(needs)


def _needed(module: str) -> Iterator[str]:
    body = [node for node in tree(MODULES[module]).body if not _is_type_checking(node)]
    found = [target for _, target in _imports(ast.Module(body, []))]
    is_package = MODULES[module].name == "__init__.py"
    for target in found if room(module) else ():  # the package's own `__init__` imports late, on Jupyter's demand
        if target != module and not (is_package and not target.startswith(NAME)):
            yield target


def _cycles(needs: dict[str, set[str]]) -> list[str]:
    """Return one module of each cycle: what is left when all that need nothing are taken away, again and again."""
    left = {module: set(targets) for module, targets in needs.items()}
    while free := {module for module, targets in left.items() if not targets & left.keys() - {module}}:
        left = {module: targets for module, targets in left.items() if module not in free}
    return sorted(left)


@each_file
def test_imports_are_absolute(file: Path) -> None:
    """A module is named by its whole name, so that it is found by searching for it."""
    assert not [node.lineno for node in ast.walk(tree(file)) if isinstance(node, ast.ImportFrom) and node.level]


# --- dangers


@each_file
def test_no_shell(file: Path) -> None:
    """Programs are started with lists of arguments: names of files are not commands."""
    assert not list(_keywords(file, "shell", value=True))
    assert not [line for line, called in _calls(file) if called in {"os.system", "os.popen", "subprocess.getoutput"}]


@each_file
def test_certificates_are_checked(file: Path) -> None:
    """TLS without checking certificates and names is no TLS."""
    assert not list(_keywords(file, "verify", value=False))
    assert not [line for line, called in _calls(file) if called.endswith("_create_unverified_context")]
    nodes = list(ast.walk(tree(file)))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    assert not [node.lineno for node in attributes if node.attr in {"CERT_NONE", "SSL_VERIFYPEER", "SSL_VERIFYHOST"}]


@each_module
def test_only_doors_print(module: str) -> None:
    """What is said goes through a door; the core raises, returns, and logs."""
    if room(module) in DOORS:
        return
    assert not [line for line, called in _calls(MODULES[module]) if called in {"print", "pprint", "input"}]


@each_file
def test_broad_except_only_where_listed(file: Path) -> None:
    """Everything is caught only at a thread's top, at C's edge and at HTTP's, or to tidy up and raise again as it was."""
    name = file.relative_to(PACKAGE).as_posix()
    swallowing = [node.lineno for node in ast.walk(tree(file)) if _is_broad(node) and not _raises_again(node)]
    if name in SWALLOWING:
        assert swallowing, f"{name} swallows nothing any more: remove it from SWALLOWING"
    else:
        assert not swallowing


def test_listed_files_exist() -> None:
    """A reason outlives no file."""
    assert not [name for name in SWALLOWING if not (PACKAGE / name).exists()]


def _is_broad(node: ast.AST) -> TypeGuard[ast.ExceptHandler]:
    if not isinstance(node, ast.ExceptHandler):
        return False
    return node.type is None or bool(_names(node.type) & {"Exception", "BaseException"})


def _raises_again(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _keywords(file: Path, name: str, *, value: bool) -> Iterator[int]:
    for node in ast.walk(tree(file)):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is value:
                yield keyword.lineno


def _calls(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


# --- words


@each_file
def test_public_names_are_documented(file: Path) -> None:
    """A module, and every class, function and method without an underscore, says what it is for."""
    assert ast.get_docstring(tree(file)), "the module"
    assert not [name for name, node in _public(tree(file)) if not ast.get_docstring(node)]


def _public(
    node: ast.Module | ast.ClassDef, above: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    bases = {ast.unparse(base).rpartition(".")[2] for base in getattr(node, "bases", ())}
    for child in node.body:
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or child.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator) for decorator in child.decorator_list}
        overrides = bool(bases) and bases.isdisjoint({"Protocol", "Enum"}) and not isinstance(child, ast.ClassDef)
        is_setter = any(decorator.endswith(".setter") for decorator in decorators)
        if not (overrides or is_setter or decorators & {"overload", "override"}):
            yield above + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from _public(child, f"{above}{child.name}.")


@each_module
def test_all_is_there_sorted_and_complete(module: str) -> None:
    """`__all__` names, in order, every public class and function and whatever other modules take from here, and nothing else.

    Handlers and commands are named by the module's own list of routes or commands instead.
    """
    root = tree(MODULES[module])
    announced, defined = _announced(root), _defined(root)
    named = {name for name, node in _public(root) if "." not in name and not _is_wired(root, name, node)}
    wanted = named | {name for name in _taken().get(module, set()) if name in defined}
    if announced is None:
        assert not wanted, "there is no __all__"
        return
    assert announced == sorted(announced, key=_order)
    assert not wanted - set(announced), "missing in __all__"
    assert not set(announced) - defined, "in __all__, but not there"


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: as ruff sorts (RUF022)."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def _announced(root: ast.Module) -> list[str] | None:
    for node in root.body:
        if isinstance(node, ast.Assign) and _names(node.targets[0]) == {"__all__"}:
            return list(ast.literal_eval(node.value))
    return None


def _defined(root: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(root):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(*(_names(target) for target in node.targets))
        elif isinstance(node, ast.AnnAssign):
            found |= _names(node.target)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(name.asname or name.name).split(".")[0] for name in node.names}
    return found


def _is_wired(root: ast.Module, name: str, node: ast.AST) -> bool:
    """Whether the outside reaches it by a list of the module, or by a decorator that puts it into one."""
    lists = [
        part for part in root.body if isinstance(part, ast.Assign) and _names(part.targets[0]) & {"ROUTES", "COMMANDS"}
    ]
    decorators = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", ())]
    return any(name in _names(part.value) for part in lists) or any(".command(" in text for text in decorators)


@cache
def _taken() -> dict[str, set[str]]:
    """Return, by module, the names that other modules of the package take from it."""
    taken: dict[str, set[str]] = {}
    for module, file in MODULES.items():
        known = {}
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.ImportFrom) or not node.module or node.module == module:
                continue
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                if whole in MODULES:
                    known[name.asname or name.name] = whole
                else:
                    taken.setdefault(node.module, set()).add(name.name)
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
                taken.setdefault(known[node.value.id], set()).add(node.attr)
    return taken


@each_file
def test_files_are_short(file: Path) -> None:
    """A file is one noun. Most are below 150 lines; above 400 it is two."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@each_file
def test_names_say_what_is_in_a_file(file: Path) -> None:
    """What has no noun of its own belongs where its noun is."""
    assert not {file.stem, file.parent.name} & BANNED_NAMES


# --- the repository

TRACES = re.compile(
    r"(?<![\w.$}/-])/(?:work|workspaces|builds|tmp/bash[\w.]*|home/(?!(?:me|you|user|name|scientist|jovyan|runner)\b)\w+)/\w"
)
"""Absolute paths of the places where checkouts lie and programs are started; those of examples have common names."""
LOCKS = {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "poetry.lock", "pylock.toml"}
REGISTRY = re.compile(
    r"""(?:"?resolved"?:?\s+"?|resolution:\s+"?\S*@|tarball:\s*|registry\s*[=:]\s*"?|url\s*=\s*")https?://"""
)


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # a picture, or removed meanwhile
        return ""


def test_no_traces_of_the_place_where_it_was_written() -> None:
    """No file knows where a checkout lies: neither this one, nor by the usual places."""
    found = []
    for file in _tracked():
        for number, line in enumerate(_text(file).splitlines(), 1):
            if file != Path(__file__) and (TRACES.search(line) or f"{REPOSITORY}/" in line):
                found.append(f"{file.relative_to(REPOSITORY)}:{number}")
    assert not found


def test_lock_files_name_no_registry() -> None:
    """Versions and hashes are locked, not where they come from: every site has its own mirror."""
    found = []
    for file in _tracked():
        if file.name in LOCKS or file.name in {".npmrc", ".yarnrc.yml", "pip.conf"}:
            lines = enumerate(_text(file).splitlines(), 1)
            found += [f"{file.relative_to(REPOSITORY)}:{number}" for number, line in lines if REGISTRY.search(line)]
    assert not found


def test_lock_files_can_be_read() -> None:
    """A lock that was edited by hand is still one."""
    for file in _tracked():
        if file.name == "package-lock.json":
            assert json.loads(_text(file))["packages"]
