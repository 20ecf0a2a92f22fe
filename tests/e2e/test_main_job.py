"""The main job through a real server against real doors: browse, open and save, download, upload, rename, delete."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.server import Client
    from tests.rig.doors import Door

GIB2 = 2 << 30


@pytest.fixture(params=["wsgidav", "apache", "xrootd"])
def door(request: pytest.FixtureRequest) -> Door:
    found: Door = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def folder(door: Door, server: Client) -> Iterator[str]:
    """A folder of its own on the door, and an empty workspace; both are swept afterwards."""
    path = door.fresh()
    yield path
    door.raw_remove(path)
    for entry in server.workspace.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def test_the_login_is_shown(server: Client, door: Door) -> None:
    """The badge knows who and until when, where the token tells."""
    source = next(one for one in server.get("sources") if one["name"] == door.name)
    assert source["login"]["state"] == "ok"
    assert source["traits"]["writable"]
    if door.name == "xrootd":
        assert source["login"]["source"] == "oidc-agent"
        assert source["login"]["subject"]
        assert source["login"]["until"] > 0


def test_browsing_opening_and_saving(server: Client, door: Door, folder: str) -> None:
    """A text file is listed, opened, changed and saved back; a save over a version that was not seen is refused."""
    door.raw_put(f"{folder}/sub/log é #1.txt", b"first\n")
    assert server.names(door.name, folder) == ["sub"]
    assert server.names(door.name, f"{folder}/sub") == ["log é #1.txt"]
    route = f"contents/{door.name}{quote(folder)}/sub/{quote('log é #1.txt')}"
    model = server.get(route, params={"content": 1})
    assert model["content"] == "first\n"
    saved = _save(server, route, model, "first\nsecond\n")
    assert saved.status_code == 200
    assert door.raw_get(f"{folder}/sub/log é #1.txt") == b"first\nsecond\n"
    stale = _save(server, route, model, "lost update")
    assert (stale.status_code, stale.json()["error"]) == (409, "Changed")
    assert door.raw_get(f"{folder}/sub/log é #1.txt") == b"first\nsecond\n"


def _save(server: Client, route: str, model: dict[str, Any], text: str) -> Any:
    body = {"type": "file", "format": "text", "content": text, "ctadata": {"version": model["ctadata"]["version"]}}
    return server.ask("PUT", route, json=body)


def test_a_folder_of_500_files_comes_down_and_goes_up(server: Client, door: Door, folder: str) -> None:
    """Every byte of every file, down and up again, empty folders too."""
    files = {f"part{n % 7}/file {n:03}.dat": os.urandom(n * 37) for n in range(500)}
    for name, data in files.items():
        door.raw_put(f"{folder}/run/{name}", data)
    door.raw_folder(f"{folder}/run/empty")
    _expect_done(_download(server, door, f"{folder}/run"), files=500)
    assert _tree(server.workspace / "run") == files
    assert (server.workspace / "run" / "empty").is_dir()
    up = server.job("upload", "local", "/run", to=(door.name, f"{folder}/up"))
    _expect_done(up, files=500)
    assert {name: door.raw_get(f"{folder}/up/run/{name}") for name in files} == files
    assert "empty" in server.names(door.name, f"{folder}/up/run")


def test_two_gib_come_down_and_go_up_with_the_right_hash(server: Client, door: Door, folder: str) -> None:
    """The size of a file makes no difference to its bytes."""
    block = os.urandom(1 << 20)
    big = door.local(f"{folder}/big.bin")
    door.raw_put(f"{folder}/big.bin", b"")
    with big.open("wb") as file:
        for n in range(GIB2 >> 20):
            file.write(n.to_bytes(8, "big") + block[8:])
    expected = _sha256(big)
    _expect_done(_download(server, door, f"{folder}/big.bin"), files=1)
    assert _sha256(server.workspace / "big.bin") == expected
    big.unlink()
    up = server.job("upload", "local", "/big.bin", to=(door.name, folder))
    _expect_done(up, files=1)
    assert _sha256(big) == expected


def test_files_dropped_in_the_browser_arrive(server: Client, door: Door, folder: str) -> None:
    """A drop is a job with a manifest, and a PUT for each file."""
    files = {"drop/a #1.bin": os.urandom(300_000), "drop/deep/é.txt": b"", "top.txt": b"text"}
    manifest = [{"path": path, "size": len(data), "modified": 1_700_000_000.0} for path, data in files.items()]
    answer = server.ask(
        "POST",
        "jobs",
        json={
            "kind": "upload",
            "from": {"source": "browser"},
            "manifest": manifest,
            "folders": ["drop/empty"],
            "to": {"source": door.name, "path": folder},
            "conflict": "ask",
        },
    )
    assert answer.status_code == 201, answer.text
    job = answer.json()
    for n, data in enumerate(files.values()):
        put = server.ask("PUT", f"jobs/{job['id']}/items/{n}", content=data)
        assert put.status_code == 200, put.text
    _expect_done(server.wait(job["id"]), files=3)
    assert {path: door.raw_get(f"{folder}/{path}") for path in files} == files
    assert "empty" in server.names(door.name, f"{folder}/drop")


def test_what_exists_is_asked_about(server: Client, door: Door, folder: str) -> None:
    """Nothing is overwritten unasked: the job stops and asks, and the answer is obeyed."""
    door.raw_put(f"{folder}/same.txt", b"the door's")
    (server.workspace / "same.txt").write_bytes(b"mine")
    asked = _download(server, door, f"{folder}/same.txt")
    assert (asked["state"], asked["reason"], asked["question"]["count"]) == ("blocked", "question", 1)
    assert (server.workspace / "same.txt").read_bytes() == b"mine"
    server.ask("PATCH", f"jobs/{asked['id']}", json={"action": "answer", "answer": "rename"})
    _expect_done(server.wait(asked["id"]), files=1)
    assert (server.workspace / "same.txt").read_bytes() == b"mine"
    others = [one for one in server.workspace.iterdir() if one.name != "same.txt"]
    assert [one.read_bytes() for one in others] == [b"the door's"]


def test_renaming_and_deleting(server: Client, door: Door, folder: str) -> None:
    """A rename keeps the bytes; a tree is deleted by a job; a full folder is not deleted by a slip."""
    door.raw_put(f"{folder}/old name.txt", b"x")
    door.raw_put(f"{folder}/tree/a/b.txt", b"y")
    route = f"contents/{door.name}{folder}"
    renamed = server.ask("PATCH", f"{route}/old%20name.txt", json={"path": f"{door.name}{folder}/new name.txt"})
    assert renamed.status_code == 200, renamed.text
    assert door.raw_get(f"{folder}/new name.txt") == b"x"
    refused = server.ask("DELETE", f"{route}/tree")
    assert refused.status_code >= 400
    assert door.raw_exists(f"{folder}/tree/a/b.txt")
    job = server.job("delete", door.name, f"{folder}/tree", f"{folder}/new name.txt")
    assert job["state"] == "done", job
    assert door.raw_names(folder) == []


def test_a_folder_is_made(server: Client, door: Door, folder: str) -> None:
    """New folder, as the panel asks for it."""
    made = server.ask("POST", f"contents/{door.name}{folder}", json={"type": "directory"})
    assert made.status_code == 201, made.text
    assert server.names(door.name, folder) == [made.json()["name"]]


def _download(server: Client, door: Door, path: str) -> dict[str, Any]:
    return server.job("download", door.name, path, to=("local", "/"))


def _expect_done(job: dict[str, Any], files: int) -> None:
    assert job["state"] == "done", job
    assert (job["files_done"], job["files_failed"]) == (files, 0), job


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
