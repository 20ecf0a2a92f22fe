"""The workspace passes the suite, and nothing leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import BadPath, Unsupported
from ctadata_jlab.storage.local import Local, rename_new
from tests.storage.suite import Bytes, Shelf, StorageSuite, content

if TYPE_CHECKING:
    from pathlib import Path


def shelf_of(storage: Local, root: Path) -> Shelf:
    def put(path: str, data: bytes) -> None:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    return Shelf(
        storage,
        raw_put=put,
        raw_get=lambda path: (root / path.lstrip("/")).read_bytes(),
        raw_folder=lambda path: (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True),
    )


class TestLocal(StorageSuite):
    @pytest.fixture
    def shelf(self, tmp_path: Path) -> Shelf:
        root = tmp_path / "root"
        root.mkdir()
        return shelf_of(Local(root), root)


def test_a_link_inside_the_root_is_followed(tmp_path: Path) -> None:
    """A link to a file of the same workspace is that file."""
    (tmp_path / "real.txt").write_bytes(b"real")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert content(Local(tmp_path), "/link.txt") == b"real"


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.txt", "loop"])
def test_a_link_that_leads_outside_is_refused(tmp_path: Path, target: str) -> None:
    """Nothing outside the root is read, listed as it were, or written through a link."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.txt").write_bytes(b"secret")
    (root / "loop").symlink_to(target)
    local = Local(root)
    assert [entry.kind for entry in local.list("/")] == ["file"]
    with pytest.raises(BadPath):
        local.open("/loop")


def test_a_folder_link_that_leads_outside_is_refused(tmp_path: Path) -> None:
    """Also in the middle of a path, also for writing."""
    root = tmp_path / "root"
    (tmp_path / "elsewhere").mkdir()
    root.mkdir()
    (root / "out").symlink_to(tmp_path / "elsewhere")
    local = Local(root)
    with pytest.raises(BadPath):
        local.make_folder("/out/new")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever."""
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unsupported):
        Local(tmp_path).open("/pipe")


def test_a_rename_never_replaces_also_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where links are not possible, a reserved name protects what is there."""
    import os

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        rename_new(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"old"
    rename_new(tmp_path / "new", tmp_path / "free")
    assert (tmp_path / "free").read_bytes() == b"new"


def test_what_a_killed_process_left_does_not_stop_its_successor(tmp_path: Path) -> None:
    """The same ticket may put again: its own temporary is swept first."""
    (tmp_path / ".f.t1.ctapart").write_bytes(b"half")
    Local(tmp_path).put("/f", Bytes(b"whole"), ticket="t1")
    assert [(place.name, place.read_bytes()) for place in tmp_path.iterdir()] == [("f", b"whole")]
