"""desktop-rucio's web interface on a real Jupyter server: its own curl examples, and downloads that survive what they may."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.catalogue.conftest import settings
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.e2e.server import REPOSITORY, Client, answers, launch, serving
from tests.rig.process import need, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.door.double import Double
    from tests.e2e.server import Launch
    from tests.rig.doors import Door
    from tests.rig.rucio import Catalogue, Site

EXAMPLES = Path(__file__).parents[1] / "fixtures/seeds/desktop-rucio-curl.txt"
SCOPE = "mc16_13TeV"
LISTED = "dsfiles"


@dataclass(frozen=True)
class Example:
    """A command of the document and the answer that it shows."""

    command: str
    shown: Any

    @property
    def route(self) -> str:
        """What it asks for."""
        return re.sub(r".*localhost:8000/|\?.*", "", self.command)

    def run(self, server: Client, folder: Path, **renamed: str) -> Any:
        """Run it with curl at *server*, with Jupyter's token, and return the answer."""
        told = self.command.replace("http://localhost:8000/", f"{server.http.base_url}ctadata-jlab/")
        for old, new in renamed.items():
            told = told.replace(old, new)
        login = folder / "token"
        login.touch(mode=0o600)
        login.write_text(f'header = "{server.http.headers["Authorization"].join(("Authorization: ", ""))}"\n')
        program, *words = shlex.split(told)
        command = [need(program), "--silent", "--show-error", "--config", str(login), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        return json.loads(done.stdout)


def examples() -> list[Example]:
    """Return those of the document, in their order."""
    found = []
    for text in re.split(r"^\$ ", EXAMPLES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        command, _, answer = text.partition("\n")
        found.append(Example(command, json.loads(answer)))
    return found


STATUS, LOGS, LOG, QUEUED, FILES, ABSENT, POST, LOCAL = examples()
NAME = str(POST.command).rpartition("=")[2]


@pytest.fixture(scope="module")
def datasets(rucio: Catalogue, sites: tuple[Site, Site]) -> dict[str, bytes]:
    """Register the document's dataset as it shows it, and one like it (p3796) whose files are small and there; return their contents."""
    rucio.ask("POST", f"scopes/root/{SCOPE}")
    nowhere = replace(sites[1], door=None)
    for did, size, events in FILES.shown["files"]:
        name = did.partition(":")[2]
        rucio.file(SCOPE, name, b"", {nowhere: f"/{name}"}, events=events, bytes=size)
    rucio.collection(SCOPE, NAME, [did for did, _, _ in FILES.shown["files"]], closed=True)
    data = {Path(path).name.replace("17545497", "17545498"): os.urandom(300_000) for path in LOCAL.shown["filelist"]}
    for name, content in data.items():
        rucio.file(SCOPE, name, content, [sites[1]], events=10)
    rucio.collection(SCOPE, NAME.replace("p3795", "p3796"), data, closed=True)
    return data


def config_of(folder: Path, rucio: Catalogue, door: Door) -> str:
    """Return the settings of a server with the catalogue and *door*, each with its token in a file."""
    text = settings(rucio, door)
    for name, token in (("rucio", rucio.token()), (door.name, door.token() if door.token else "")):
        file = folder / f"token-{name}"
        file.touch(mode=0o600)
        file.write_text(token)
        text = text.replace(f"[sources.{name}]\n", f'[sources.{name}]\nlogin = {{ kind = "file", file = "{file}" }}\n')
    return text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, rucio: Catalogue, wsgidav: Door) -> Iterator[Client]:
    """Run a Jupyter server with the catalogue and wsgidav."""
    folder = tmp_path_factory.mktemp("desktop")
    with serving(folder, config_of(folder, rucio, wsgidav)) as client:
        yield client


def until(server: Client, route: str, holds: Any, patience: float = 120) -> Any:
    """Ask for *route* until *holds* says yes of the answer."""
    end = time.monotonic() + patience
    while not holds(told := server.get(route)):
        assert time.monotonic() < end, told
        time.sleep(0.1)
    return told


@pytest.mark.usefixtures("datasets")
def test_the_files_of_a_dataset(server: Client, tmp_path: Path) -> None:
    """First the lookup is queued, then there are the very triplets that the document shows."""
    assert QUEUED.run(server, tmp_path) == QUEUED.shown
    until(server, f"dsfiles?ds_name={NAME}", lambda told: told != QUEUED.shown)
    assert FILES.run(server, tmp_path) == FILES.shown


def test_a_dataset_is_downloaded(server: Client, tmp_path: Path, datasets: dict[str, bytes]) -> None:
    """Not here; asked for; coming, as the status says; here, under the names that the document shows."""
    renamed = {"p3795": "p3796"}
    name = NAME.replace("p3795", "p3796")
    assert server.ask("PATCH", "queue", json={"limit": 20_480}).status_code == 200
    assert ABSENT.run(server, tmp_path, **renamed) == ABSENT.shown
    assert POST.run(server, tmp_path, **renamed) == POST.shown
    assert server.get(f"ds?ds_name={name}") == POST.shown
    status = STATUS.run(server, tmp_path)
    assert json.dumps(status) == json.dumps(STATUS.shown).replace("p3795", "p3796")
    assert server.ask("PATCH", "queue", json={"limit": None}).status_code == 200
    until(server, f"ds?ds_name={name}", lambda told: told["status"] != "downloading")
    told = LOCAL.run(server, tmp_path, **renamed)
    assert json.dumps(told) == json.dumps(LOCAL.shown).replace("p3795", "p3796").replace("17545497", "17545498")
    got = {Path(path).name: (server.workspace / "datasets" / path).read_bytes() for path in told["filelist"]}
    assert got == datasets
    assert STATUS.run(server, tmp_path)["rucio_download"] == {"downloading": []}


def test_logs(server: Client, tmp_path: Path) -> None:
    """Their names, those of the document among them; each is a list of lines, one that there is not is empty."""
    told = LOGS.run(server, tmp_path)
    assert set(LOGS.shown) <= set(told)
    lines = LOG.run(server, tmp_path)
    assert lines
    for name in told:
        assert all(isinstance(line, str) and line.endswith("\n") for line in server.get(f"logs?name={name}"))
    assert server.get("logs?name=nothing") == []


def test_all_examples_are_known() -> None:
    """Each of the document's is run by a test above."""
    assert [one.route for one in examples()] == ["status", "logs", "logs", LISTED, LISTED, "ds", "ds", "ds"]


@pytest.mark.parametrize(
    ("method", "route"), [("GET", "dsfiles"), ("GET", "ds"), ("POST", "ds"), ("GET", "ds?ds_name=")]
)
def test_a_question_without_a_name(server: Client, method: str, route: str) -> None:
    """Is answered as desktop-rucio does it."""
    answer = server.ask(method, route)
    assert answer.status_code == 400
    assert answer.json() == {"errors": {"ds_name": "Required parameter 'ds_name' not supplied"}}


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.command[:40])
def test_jupyters_login_stays(server: Client, example: Example) -> None:
    """The one difference: without Jupyter's token nothing is told, and nothing is started."""
    url = example.command.rpartition(" ")[2].replace("http://localhost:8000/", f"{server.http.base_url}ctadata-jlab/")
    before = len(server.get("jobs"))
    command = [need("curl"), "--silent", *(["-X", "POST"] if "POST" in example.command else []), url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["error"] == "Forbidden"
    assert len(server.get("jobs")) == before


def test_a_folder_of_any_source(server: Client, wsgidav: Door) -> None:
    """Not only datasets: a folder of a door, by source and path."""
    folder = wsgidav.fresh()
    wsgidav.raw_put(f"{folder}/run/a b.h5", b"12345")
    name = f"wsgidav:{folder}/run"
    posted = server.ask("POST", "ds", params={"ds_name": name})
    assert (posted.status_code, posted.json()) == (200, {"status": "downloading", "filelist": []})
    told = until(server, f"ds?ds_name={name}", lambda told: told["status"] == "local")
    assert told["filelist"] == [f"wsgidav{folder}/run/a b.h5"]


def test_a_name_that_leads_elsewhere(server: Client) -> None:
    """Is refused with words that help."""
    answer = server.ask("POST", "ds", params={"ds_name": "../../etc:passwd"})
    assert (answer.status_code, answer.json()["error"]) == (400, "BadPath")
    assert "SCOPE:NAME" in answer.json()["hint"]


def test_idle_it_asks_nobody(server: Client, rucio: Catalogue) -> None:
    """When all is done, neither the catalogue nor a door hears anything, and hardly a moment of the processor is used."""
    log = rucio.folder / "log" / "server"
    until(server, "status", lambda told: not told["rucio_download"]["downloading"])
    time.sleep(1)
    before = log.stat().st_size
    for _ in range(5):
        server.get("status")
        server.get(f"ds?ds_name={NAME}")
        server.get("logs?name=rucio_downloader")
    time.sleep(2)
    assert log.stat().st_size == before


# -- what a download survives


@contextmanager
def up(begun: Launch) -> Iterator[Client]:
    """Run the server of *begun* until it is killed, or the block ends."""
    with (
        begun.client() as http,
        running(
            begun.command, log=begun.log, ready=lambda: answers(http), env=begun.environment, folder=REPOSITORY
        ) as process,
    ):
        yield Client(http, begun.workspace, process.pid, begun.log)


def test_a_download_survives_kills_restarts_and_a_lost_network(
    rucio: Catalogue, double: Double, tmp_path: Path
) -> None:
    """Asked for once, killed twice, without a network meanwhile: in the end, every byte is there, and nobody has asked again."""
    double.reset(replace(Traps.usual(), rate=400_000))
    scope = rucio.scope()
    site = replace(rucio.site(url=double.door.url), door=double)
    data = {f"f{n}": os.urandom(size) for n, size in enumerate((0, 1, 70_000, 600_000, 2_000_000))}
    for name, content in data.items():
        rucio.file(scope, name, content, [site])
    rucio.collection(scope, "ds", data, closed=True)
    for name, token in (("rucio", rucio.token()), ("grid", TOKEN)):
        file = tmp_path / f"token-{name}"
        file.touch(mode=0o600)
        file.write_text(token)
    text = settings(rucio).replace(
        "[sources.rucio]\n", f'[sources.rucio]\nlogin = {{ kind = "file", file = "{tmp_path}/token-rucio" }}\n'
    )
    text += (
        f'[sources.grid]\nkind = "dcache"\nurl = "{double.door.url}"\nfrontend = "{double.frontend.url}"\n'
        f'ca = "{double.ca}"\nlogin = {{ kind = "file", file = "{tmp_path}/token-grid" }}\n'
    )
    begun, name = launch(tmp_path, text), f"{scope}:ds"
    with up(begun) as server:
        assert server.ask("POST", "ds", params={"ds_name": name}).json()["status"] == "downloading"
        until(server, "jobs", lambda jobs: jobs[0]["bytes_done"] > 300_000)
        os.kill(server.pid, signal.SIGKILL)
    with double.gone(), up(begun) as server:
        assert server.get(f"ds?ds_name={name}")["status"] == "downloading"
        assert server.get("status")["rucio_download"] == {"downloading": [name]}
        time.sleep(2)
        os.kill(server.pid, signal.SIGKILL)
    with up(begun) as server:
        until(server, "jobs", lambda jobs: jobs[0]["bytes_done"] > 1_200_000)
        with double.gone():
            time.sleep(2)
        told = until(server, f"ds?ds_name={name}", lambda told: told["status"] != "downloading", 240)
        (job,) = server.get("jobs")
    assert told == {"status": "local", "filelist": [f"{scope}/ds/{file}" for file in sorted(data)]}, job
    got = {Path(path).name: (begun.workspace / "datasets" / path).read_bytes() for path in told["filelist"]}
    assert got == data
    left = [file.name for file in (begun.workspace / "datasets").rglob("*") if file.is_file()]
    assert sorted(left) == sorted(data)
