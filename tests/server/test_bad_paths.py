"""Paths that nothing may have are refused at every door, and nothing is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BAD = {
    "dots": "a/../../etc/passwd",
    "encoded dots": "a/%2e%2e/%2E%2E/etc/passwd",
    "encoded slash": "a%2fb",
    "encoded escape": "..%2F..%2Fetc%2Fpasswd",
    "NUL": "a%00b",
    "endless name": "x" * 3000,
    "too long in bytes": "%C3%A9" * 128,
}


@pytest.mark.parametrize("path", BAD.values(), ids=BAD)
@pytest.mark.parametrize("source", ["sky", "local"])
@pytest.mark.parametrize("door", ["contents", "listing", "files"])
async def test_bad_path(ask: Any, door: str, source: str, path: str) -> None:
    """The answer is 400 `BadPath`, in JSON."""
    answer = await ask(f"{door}/{source}/{path}")
    assert (answer.status, answer.json["error"]) == (400, "BadPath")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", BAD.values(), ids=BAD)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "DELETE"])
async def test_bad_path_is_not_written(ask: Any, jp_root_dir: Path, tmp_path: Path, method: str, path: str) -> None:
    """Nothing is written, inside or outside the workspace."""
    before = _tree(jp_root_dir)
    answer = await ask(f"contents/local/{path}", method, {"type": "file", "content": "x", "path": "local/y"})
    assert (answer.status, answer.json["error"]) == (400, "BadPath")
    assert _tree(jp_root_dir) == before


def _tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


async def test_bad_unicode(ask: Any) -> None:
    """Bytes that are no UTF-8 are no path."""
    answer = await ask("contents/sky/%ff%fe")
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")


async def test_link_out_of_the_workspace(ask: Any, jp_root_dir: Path, tmp_path: Path) -> None:
    """What a symbolic link leads to outside the workspace cannot be read or written."""
    (tmp_path / "secret.txt").write_text("secret")
    (jp_root_dir / "out").symlink_to(tmp_path)
    (jp_root_dir / "link.txt").symlink_to(tmp_path / "secret.txt")
    for path in (
        "contents/local/out/secret.txt",
        "files/local/out/secret.txt",
        "files/local/link.txt",
        "listing/local/out",
    ):
        answer = await ask(path)
        assert answer.status in {400, 404}
        assert b'secret.txt"]' not in answer.body
    answer = await ask("contents/local/out/new.txt", "PUT", {"type": "file", "format": "text", "content": "x"})
    assert (answer.status, answer.json["error"]) == (400, "BadPath")
    assert not (tmp_path / "new.txt").exists()


async def test_unknown_source_and_route(ask: Any) -> None:
    """An unknown source is said to be unknown."""
    for door in ("contents", "listing", "files", "login"):
        answer = await ask(f"{door}/nowhere" + ("/x" if door == "files" else ""))
        assert (answer.status, answer.json["error"]) == (404, "NotFound")
