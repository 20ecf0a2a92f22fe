"""`contents/…` through the server's door."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.fakes import Flaky


async def test_root_lists_sources_as_folders(ask: Any) -> None:
    """The root of the drive holds the sources, in their order."""
    model = (await ask("contents/")).json
    assert model["type"] == "directory"
    assert [one["path"] for one in model["content"]] == ["sky", "archive", "local"]
    assert (await ask("contents?content=0")).json["content"] is None


async def test_folder(ask: Any) -> None:
    """A folder's model holds those of what is in it, with the storage's own facts."""
    model = (await ask("contents/sky/lst?content=1")).json
    assert (model["name"], model["path"], model["format"]) == ("lst", "sky/lst", "json")
    first = next(one for one in model["content"] if one["name"] == "a.txt")
    assert first["path"] == "sky/lst/a.txt"
    assert first["size"] == 6
    assert first["content"] is None
    assert first["ctadata"]["checksum"].startswith("adler32:")
    assert first["last_modified"].endswith("Z")
    required = {"name", "path", "type", "created", "last_modified", "mimetype", "content", "format", "writable", "size"}
    assert required <= set(first)


async def test_source_is_a_folder(ask: Any) -> None:
    """A source's own model has the source's name."""
    model = (await ask("contents/sky?content=0")).json
    assert (model["name"], model["path"], model["type"]) == ("sky", "sky", "directory")


async def test_text(ask: Any) -> None:
    """A text is opened as text, and as base64 when that is asked for."""
    model = (await ask("contents/sky/lst/a.txt")).json
    assert (model["content"], model["format"], model["mimetype"]) == ("alpha\n", "text", "text/plain")
    model = (await ask("contents/sky/lst/a.txt?format=base64")).json
    assert base64.b64decode(model["content"]) == b"alpha\n"
    assert (await ask("contents/sky/lst/a.txt?content=0")).json["content"] is None


async def test_binary(ask: Any) -> None:
    """What is no UTF-8 comes as base64, but not when text is asked for."""
    model = (await ask("contents/sky/lst/sub/b.bin")).json
    assert (model["format"], model["mimetype"]) == ("base64", "application/octet-stream")
    answer = await ask("contents/sky/lst/sub/b.bin?type=file&format=text")
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert "UTF-8" in answer.json["message"]


async def test_odd_name(ask: Any) -> None:
    """Names with every sort of character are decoded once."""
    assert (await ask("contents/sky/lst/caf%C3%A9%20%2541%23%3F%2B.txt")).json["content"] == "odd"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("lst/a.txt?type=directory", "not a folder"),
        ("lst?type=file", "is a folder"),
        ("lst?type=notebook", "is a folder"),
    ],
)
async def test_wrong_kind(ask: Any, path: str, word: str) -> None:
    """A file where a folder is meant, and the reverse, is said in words."""
    answer = await ask(f"contents/sky/{path}")
    assert answer.status == 400
    assert word in answer.json["message"]


async def test_file_as_a_folder_in_a_path(ask: Any, remote: Flaky) -> None:
    """Below a file there is nothing, and nothing is written there."""
    assert (await ask("contents/sky/lst/a.txt/x")).status == 404
    answer = await ask("contents/sky/lst/a.txt/x", "PUT", {"type": "file", "format": "text", "content": "x"})
    assert answer.status in {400, 404, 409}
    assert remote.read("/lst/a.txt") == b"alpha\n"


async def test_large_file_is_not_opened(ask: Any, remote: Flaky) -> None:
    """A file above the limit is refused before a byte is read; its model is not."""
    remote.write("/big", b"x" * 100_001)
    remote.broken_after = 0
    answer = await ask("contents/sky/big")
    assert (answer.status, answer.json["error"]) == (413, "TooLargeToOpen")
    assert "workspace" in answer.json["hint"]
    assert (await ask("contents/sky/big?content=0")).json["size"] == 100_001


async def test_offline(ask: Any, remote: Flaky) -> None:
    """A file on tape is not opened: that could wait for hours."""
    remote.offline.add("/lst/a.txt")
    answer = await ask("contents/sky/lst/a.txt")
    assert (answer.status, answer.json["error"]) == (409, "Offline")
    assert (await ask("contents/sky/lst/a.txt?content=0")).json["ctadata"]["online"] is False


# --- notebooks ---


def _notebook() -> Any:
    notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))  # type: ignore[no-untyped-call]
    return notebook


async def test_notebook_is_never_trusted(ask: Any, remote: Flaky) -> None:
    """A notebook that calls its own cells trusted is not believed."""
    notebook = _notebook()
    notebook.cells[0].metadata["trusted"] = True
    remote.write("/n.ipynb", json.dumps(notebook).encode())
    model = (await ask("contents/sky/n.ipynb")).json
    assert (model["type"], model["format"]) == ("notebook", "json")
    assert model["content"]["cells"][0]["metadata"]["trusted"] is False
    assert (await ask("contents/sky/n.ipynb?type=file")).json["format"] == "text"


async def test_broken_notebook(ask: Any, remote: Flaky) -> None:
    """What only has a notebook's name is refused with a way out; one that is odd comes with a message."""
    remote.write("/n.ipynb", b"not JSON")
    answer = await ask("contents/sky/n.ipynb")
    assert (answer.status, answer.json["hint"]) == (400, "Open it as text.")
    odd = _notebook()
    odd.cells[0]["surprise"] = 1
    remote.write("/n.ipynb", json.dumps(odd).encode())
    assert "validation failed" in (await ask("contents/sky/n.ipynb")).json["message"]


async def test_notebook_is_saved(ask: Any, remote: Flaky) -> None:
    """A notebook is written as Jupyter writes it, without the mark of trust."""
    notebook = _notebook()
    notebook.cells[0].metadata["trusted"] = True
    answer = await ask("contents/sky/new.ipynb", "PUT", {"type": "notebook", "format": "json", "content": notebook})
    assert (answer.status, answer.json["type"]) == (201, "notebook")
    saved = remote.read("/new.ipynb")
    assert b"trusted" not in saved
    assert saved.endswith(b"}\n")
    bad = await ask("contents/sky/x.ipynb", "PUT", {"type": "notebook", "content": {"nbformat": "?"}})
    assert bad.status == 400


# --- saving ---


async def test_save(ask: Any, remote: Flaky) -> None:
    """A new file is 201, one that is replaced 200; listings of its folder are forgotten."""
    answer = await ask("contents/sky/lst/new.txt", "PUT", {"type": "file", "format": "text", "content": "é\n"})
    assert (answer.status, answer.json["path"], answer.json["content"]) == (201, "sky/lst/new.txt", None)
    assert answer.headers["Location"] == "/user/ada/ctadata-jlab/contents/sky/lst/new.txt"
    assert remote.read("/lst/new.txt") == "é\n".encode()
    assert "/lst" in remote.forgotten
    answer = await ask("contents/sky/lst/new.txt", "PUT", {"type": "file", "format": "base64", "content": "AAE="})
    assert answer.status == 200
    assert remote.read("/lst/new.txt") == b"\0\1"


async def test_save_only_the_version_that_was_seen(ask: Any, remote: Flaky) -> None:
    """A file that changed, or went, after it was opened is not written over."""
    seen = (await ask("contents/sky/lst/a.txt")).json
    remote.write("/lst/a.txt", b"theirs")
    mine = {"type": "file", "format": "text", "content": "mine", "ctadata": {"version": seen["ctadata"]["version"]}}
    answer = await ask("contents/sky/lst/a.txt", "PUT", mine)
    assert (answer.status, answer.json["error"]) == (409, "Changed")
    remote.remove("/lst/a.txt")
    assert (await ask("contents/sky/lst/a.txt", "PUT", mine)).json["error"] == "Changed"
    remote.write("/lst/a.txt", b"theirs")
    mine["ctadata"] = (await ask("contents/sky/lst/a.txt")).json["ctadata"]
    assert (await ask("contents/sky/lst/a.txt", "PUT", mine)).status == 200
    assert remote.read("/lst/a.txt") == b"mine"


async def test_save_by_time(ask: Any, remote: Flaky) -> None:
    """Without a version the time in the model decides; without both the file is replaced."""
    seen = (await ask("contents/sky/lst/a.txt")).json["last_modified"]
    body = {"type": "file", "format": "text", "content": "2", "last_modified": "2001-01-01T00:00:00Z"}
    assert (await ask("contents/sky/lst/a.txt", "PUT", body)).json["error"] == "Changed"
    assert (await ask("contents/sky/lst/a.txt", "PUT", {**body, "last_modified": "late"})).status == 400
    assert (await ask("contents/sky/lst/a.txt", "PUT", {**body, "last_modified": seen})).status == 200
    assert (await ask("contents/sky/lst/a.txt", "PUT", {"content": "3"})).status == 200
    assert remote.read("/lst/a.txt") == b"3"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"type": "file", "format": "text"}, "content"),
        ({"type": "file", "format": "text", "content": 1}, "content"),
        ({"type": "file", "format": "json", "content": ""}, "format"),
        ({"type": "file", "format": "base64", "content": "?"}, "base64"),
        ({"type": "link", "content": ""}, "type"),
        ({"type": "notebook", "content": "text"}, "content"),
        ({"content": "\ud800"}, "Unicode"),
        ([], "object"),
    ],
)
async def test_bad_save(ask: Any, remote: Flaky, body: object, word: str) -> None:
    """A model that is wrong names what is wrong, and nothing is written."""
    answer = await ask("contents/sky/lst/a.txt", "PUT", body)
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert word in answer.json["message"]
    assert remote.read("/lst/a.txt") == b"alpha\n"


async def test_save_in_pieces_is_refused(ask: Any) -> None:
    """A chunk taken for a file would truncate it."""
    answer = await ask("contents/sky/x", "PUT", {"type": "file", "format": "text", "content": "x", "chunk": 1})
    assert (answer.status, answer.json["error"]) == (501, "Unsupported")


async def test_make_folder(ask: Any, remote: Flaky) -> None:
    """A folder is saved as one, but not over a file."""
    assert (await ask("contents/sky/lst/d", "PUT", {"type": "directory"})).status == 201
    assert remote.stat("/lst/d").is_folder
    assert (await ask("contents/sky/lst/a.txt", "PUT", {"type": "directory"})).status == 409
    assert (await ask("contents/sky/lst", "PUT", {"type": "file", "content": ""})).status == 400


# --- new, copy, rename, delete ---


async def test_untitled(ask: Any, remote: Flaky) -> None:
    """New things get the first name that is free, as in JupyterLab."""
    names = []
    for body in ({"type": "file"}, {"type": "file", "ext": ".py"}, {"type": "file"}, {"type": "directory"},
                 {"type": "directory"}, {"type": "notebook"}, {}):  # fmt: skip
        answer = await ask("contents/sky/lst", "POST", body)
        assert answer.status == 201
        names.append(answer.json["name"])
    assert names == ["untitled.txt", "untitled.py", "untitled1.txt", "Untitled Folder", "Untitled Folder 1",
                     "Untitled.ipynb", "untitled2.txt"]  # fmt: skip
    nbformat.reads(remote.read("/lst/Untitled.ipynb").decode(), 4)  # type: ignore[no-untyped-call]
    assert (await ask("contents/sky/lst/a.txt", "POST", {})).status == 400


async def test_copy(ask: Any, remote: Flaky) -> None:
    """A copy of a file gets a free name; what is large, a folder, or of another source is a transfer's business."""
    answer = await ask("contents/sky/lst", "POST", {"copy_from": "sky/lst/a.txt"})
    assert (answer.status, answer.json["name"]) == (201, "a-Copy1.txt")
    assert remote.read("/lst/a-Copy1.txt") == b"alpha\n"
    assert (await ask("contents/sky/lst/sub", "POST", {"copy_from": "sky/lst/a.txt"})).json["name"] == "a.txt"
    assert (await ask("contents/sky/lst", "POST", {"copy_from": "local/x"})).json["error"] == "Unsupported"
    assert (await ask("contents/sky/", "POST", {"copy_from": "sky/lst"})).status == 400
    remote.write("/big", b"x" * 100_001)
    assert (await ask("contents/sky/lst", "POST", {"copy_from": "sky/big"})).json["error"] == "TooLargeToOpen"


async def test_rename(ask: Any, remote: Flaky) -> None:
    """A rename never replaces and stays in its source."""
    answer = await ask("contents/sky/lst/a.txt", "PATCH", {"path": "sky/lst/sub/z.txt"})
    assert (answer.status, answer.json["path"]) == (200, "sky/lst/sub/z.txt")
    assert {"/lst", "/lst/sub"} <= set(remote.forgotten)
    answer = await ask("contents/sky/lst/sub/z.txt", "PATCH", {"path": "sky/lst/sub/b.bin"})
    assert (answer.status, answer.json["error"]) == (409, "AlreadyExists")
    assert (await ask("contents/sky/lst", "PATCH", {"path": "local/lst"})).json["error"] == "Unsupported"
    assert (await ask("contents/sky/lst", "PATCH", {"path": "sky/../etc"})).json["error"] == "BadPath"
    assert (await ask("contents/sky/lst", "PATCH", {})).json["message"] == "'path' must be text."
    assert (await ask("contents/sky", "PATCH", {"path": "sky/x"})).status == 403


async def test_delete(ask: Any, remote: Flaky) -> None:
    """Files and empty folders go; trees are deleted by a job, sources not at all."""
    answer = await ask("contents/sky/lst/sub", "DELETE")
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert "job" in answer.json["hint"]
    assert (await ask("contents/sky/lst/sub/b.bin", "DELETE")).status == 204
    assert (await ask("contents/sky/lst/sub", "DELETE")).status == 204
    assert (await ask("contents/sky/lst/sub", "DELETE")).status == 404
    for path in ("contents/sky", "contents/", "contents"):
        assert (await ask(path, "DELETE")).status == 403


async def test_checkpoints(ask: Any, remote: Flaky) -> None:
    """There is one constant checkpoint, which does not hide a folder of that name."""
    first = await ask("contents/sky/lst/a.txt/checkpoints")
    made = await ask("contents/sky/lst/a.txt/checkpoints", "POST", body="")
    assert first.json == [made.json]
    assert made.status == 201
    remote.write("/m/checkpoints/1.pt", b"1")
    assert (await ask("contents/sky/m/checkpoints?content=1")).json["content"][0]["name"] == "1.pt"
    assert (await ask("contents/sky/m/checkpoints", "POST", {"type": "file"})).json["path"].endswith("untitled.txt")


async def test_local_source(ask: Any, jp_root_dir: Path) -> None:
    """The workspace speaks the same dialect."""
    assert (await ask("contents/local/x.txt", "PUT", {"type": "file", "format": "text", "content": "hi"})).status == 201
    assert (jp_root_dir / "x.txt").read_text() == "hi"
    assert (await ask("contents/local/x.txt")).json["content"] == "hi"
