"""The old client's functions mean what they meant in 0.7, or before; and do not have its defects."""

from __future__ import annotations

import fnmatch
import os
import pickle
import tempfile
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import compat as ctadata
from ctadata_jlab.errors import AlreadyExists, CtaDataError, NotFound
from tests.cli.settings import names
from tests.cli.test_listing import ODD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.settings import Desk


def odd(desk: Desk) -> list[str]:
    """Return names that give trouble, as far as the server has them at all."""
    return [name for name in ODD if desk.door.name != "xrootd" or "?" not in name]


# --- list_dir


def test_list_dir_gives_basenames_that_know_more(desk: Desk) -> None:
    """Strings for old scripts; kind, size, time and path for new ones; dictionaries' keys for the oldest."""
    desk.raw_put("/lst/a b.h5", b"12345")
    desk.raw_put("/lst/sub/x", b"")
    file, folder = ctadata.list_dir("lst")
    assert (file, folder) == ("a b.h5", "sub")
    assert (file.path, file.kind, file.size) == ("/lst/a b.h5", "file", 5)
    assert (folder.path, folder.kind, folder.size) == ("/lst/sub", "folder", None)
    assert (file["href"], file["type"], file["size"]) == ("lst/a b.h5", "file", "5")
    assert (folder["href"], folder["type"], folder.get("size")) == ("lst/sub/", "directory", None)
    assert file["mtime"].endswith(" GMT")
    assert file["url"].endswith("/lst/a%20b.h5")
    assert ("lst/" + file, file[0], file[2:4]) == ("lst/a b.h5", "a", "b.")
    assert fnmatch.filter(ctadata.list_dir("lst"), "*.h5") == ["a b.h5"]
    assert pickle.loads(pickle.dumps(file)).path == "/lst/a b.h5"


@pytest.mark.parametrize("path", ["", "/", "."])
def test_list_dir_of_nothing_is_the_root(desk: Desk, path: str) -> None:
    """All spellings."""
    desk.raw_put("/lst/a", b"")
    assert ctadata.list_dir(path) == ["lst"]


def test_list_dir_does_not_encode_names(desk: Desk) -> None:
    """A name is what it is."""
    for name in odd(desk):
        desk.raw_put(f"/lst/{name}", b"")
    assert ctadata.list_dir("/lst/") == sorted(odd(desk))


def test_list_dir_of_a_file_is_its_name(desk: Desk) -> None:
    """Not a URL."""
    desk.raw_put("/lst/a", b"")
    assert ctadata.list_dir("lst/a") == ["a"]
    assert ctadata.list_dir("lst/a", recursive=True) == ["lst/a"]


def test_a_recursive_listing_has_paths_of_files_and_folders(desk: Desk) -> None:
    """Without a slash at the start, the folder itself left out."""
    desk.raw_put("/lst/sub/deep/a", b"")
    found = ctadata.list_dir("lst", recursive=True, n_threads=3)
    assert found == ["lst/sub", "lst/sub/deep", "lst/sub/deep/a"]
    assert found[2].path == "/lst/sub/deep/a"


@pytest.mark.parametrize("recursive", [False, True])
def test_list_dir_of_something_missing_is_an_error(desk: Desk, recursive: bool) -> None:
    """The old client returned [] for the recursive one."""
    with pytest.raises(ctadata.StorageException, match="missing") as caught:
        ctadata.list_dir("missing", recursive=recursive)
    assert isinstance(caught.value, NotFound)
    assert isinstance(caught.value, FileNotFoundError)


# --- downloads


def test_a_file_is_saved_in_the_current_folder(desk: Desk) -> None:
    """Under its own name, or another; returns the bytes written."""
    desk.raw_put("/lst/a", b"12345")
    assert ctadata.fetch_and_save_file("lst/a") == 5
    assert ctadata.fetch_and_save_file("lst/a", "b") == 5
    assert ctadata.fetch_and_save_file("lst/a", save_to_fn=desk.cwd / "c") == 5
    assert names(desk.cwd) == ["a", "b", "c"]
    assert (desk.cwd / "b").read_bytes() == b"12345"


def test_what_list_dir_returned_can_be_fetched(desk: Desk) -> None:
    """The name, its path, or the old dictionary's href."""
    desk.raw_put("/lst/a b", b"12345")
    [entry] = ctadata.list_dir("lst")
    for path in (entry, entry.path, entry["href"], "lst/" + entry):
        assert ctadata.fetch_and_save_file(path) == 5
    assert names(desk.cwd) == ["a b"]


def test_a_recursive_download_saves_every_file_in_its_place(desk: Desk) -> None:
    """Below ./<last component>; each file has its own bytes, nested folders and odd names included."""
    for name in odd(desk):
        desk.raw_put(f"/lst/dir/sub/deep/{name}", name.encode())
    desk.raw_put("/lst/dir/a", b"1234")
    total = sum(len(name.encode()) for name in odd(desk)) + 4
    assert ctadata.fetch_and_save_file_or_dir("lst/dir/", recursive=True) == total
    assert names(desk.cwd) == ["dir"]
    assert {name: (desk.cwd / "dir/sub/deep" / name).read_text() for name in odd(desk)} == {n: n for n in odd(desk)}


def test_a_destination_can_be_named(desk: Desk) -> None:
    """What users did by `mv` afterwards."""
    desk.raw_put("/lst/dir/a", b"1")
    ctadata.fetch_and_save_file_or_dir("lst/dir/a", save_to="new/")
    ctadata.fetch_and_save_file_or_dir("lst/dir", recursive=True, save_to="out")
    ctadata.fetch_and_save_dir("lst/dir", save_to_fn="exactly", recursive=True)
    ctadata.fetch_and_save_dir("lst/dir")
    found = sorted(str(path.relative_to(desk.cwd)) for path in desk.cwd.rglob("a"))
    assert found == ["dir/a", "exactly/a", "new/a", "out/dir/a"]


def test_a_folder_is_not_saved_as_a_file(desk: Desk) -> None:
    """The old client saved the server's HTML page."""
    desk.raw_put("/lst/a", b"1")
    for fetch in (ctadata.fetch_and_save_file, ctadata.fetch_and_save_file_or_dir):
        with pytest.raises(ctadata.StorageException, match="recursive"):
            fetch("lst")
    assert names(desk.cwd) == []


def test_what_was_there_is_replaced_by_a_whole_file_or_not_at_all(desk: Desk) -> None:
    """The old client emptied the target first."""
    target = desk.cwd / "a"
    target.write_bytes(b"before")
    with pytest.raises(ctadata.StorageException):
        ctadata.fetch_and_save_file("lst/a")
    assert target.read_bytes() == b"before"
    desk.raw_put("/lst/a", b"after!!")
    assert ctadata.fetch_and_save_file("lst/a") == 7
    assert target.read_bytes() == b"after!!"


def test_the_user_says_what_to_do_with_other_files(desk: Desk) -> None:
    """`conflict=`: skip them, or be told."""
    desk.raw_put("/a", b"theirs")
    (desk.cwd / "a").write_bytes(b"mine, longer")
    ctadata.fetch_and_save_file("a", conflict="skip")
    with pytest.raises(AlreadyExists):
        ctadata.fetch_and_save_file("a", conflict="ask")
    assert (desk.cwd / "a").read_bytes() == b"mine, longer"


def test_progress_is_told(desk: Desk) -> None:
    """To whoever asks."""
    desk.raw_put("/a", b"12345")
    seen: list[int] = []
    ctadata.fetch_and_save_file("a", progress=lambda standing: seen.append(standing.bytes_done))
    assert seen[-1] == 5


# --- uploads


@pytest.mark.parametrize(
    ("path", "lands"),
    [
        ("your-folder/new-file-name.md", "your-folder/new-file-name.md"),
        ("your-folder/", "your-folder/latest.txt"),
        ("/a/b/c/", "a/b/c/latest.txt"),
    ],
)
def test_upload_file_completes_folders_and_makes_them(desk: Desk, path: str, lands: str) -> None:
    """The result says where it is, and that path can be fetched."""
    (desk.cwd / "latest.txt").write_bytes(b"12345")
    result = ctadata.upload_file("latest.txt", path)
    assert result == {"path": lands, "status": "uploaded", "total_written": 5}
    assert desk.raw_get(lands) == b"12345"
    assert ctadata.fetch_and_save_file(result["path"], "back") == 5


def test_upload_file_replaces_unless_told_otherwise(desk: Desk) -> None:
    """As the old client did, but the old file is there until the new one is whole."""
    desk.raw_put("/a", b"before")
    (desk.cwd / "a").write_bytes(b"after!!")
    with pytest.raises(ctadata.StorageException):
        ctadata.upload_file("a", "a", conflict="ask")
    assert desk.raw_get("/a") == b"before"
    ctadata.upload_file("a", "a")
    assert desk.raw_get("/a") == b"after!!"


@pytest.mark.parametrize("slash", ["", "/"])
def test_upload_dir_never_leaves_its_path(desk: Desk, slash: str) -> None:
    """With or without a slash: the old client put subfolders at the root of the storage."""
    for name in odd(desk):
        place = desk.cwd / "results/sub" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    ctadata.upload_dir("results" + slash, "your-folder/out" + slash)
    assert {name: desk.raw_get(f"your-folder/out/sub/{name}").decode() for name in odd(desk)} == {
        name: name for name in odd(desk)
    }
    assert not desk.raw_exists("/sub")


def test_upload_dir_of_a_missing_folder_says_so(desk: Desk) -> None:
    """The old client raised FileExistsError for it."""
    with pytest.raises(ctadata.StorageException, match="nowhere") as caught:
        ctadata.upload_dir("nowhere", "x")
    assert isinstance(caught.value, FileNotFoundError)
    assert not isinstance(caught.value, FileExistsError)


# --- what is common to all


def test_dev_instance_is_the_twin(desk: Desk) -> None:
    """The keyword of every function."""
    desk.raw_put("/../dev/a", b"1")
    (desk.cwd / "b").write_bytes(b"22")
    assert ctadata.list_dir("/", dev_instance=True) == ["a"]
    assert ctadata.list_dir("/") == []
    assert ctadata.fetch_and_save_file("a", dev_instance=True) == 1
    assert ctadata.fetch_and_save_file_or_dir("a", dev_instance=True) == 1
    ctadata.upload_file("b", "b", dev_instance=True)
    ctadata.upload_dir(desk.cwd, "all", dev_instance=True)
    assert desk.raw_get("/../dev/all/b") == b"22"
    assert ctadata.webdav4_client(dev_instance=True).ls("/", detail=False) == ["a", "all", "b"]


def test_no_path_reaches_a_shell(desk: Desk) -> None:
    """The old client ran what stood behind a semicolon."""
    for path in ("x; touch pwned", "$(touch pwned)", "`touch pwned`", "a' || touch pwned #"):
        with pytest.raises(ctadata.StorageException):
            ctadata.list_dir(path)
        with pytest.raises(ctadata.StorageException):
            ctadata.fetch_and_save_file(path)
    assert names(desk.cwd) == []


def test_nothing_is_left_behind(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No temporary folder for each call, no environment variable, no file in the home."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    home, environment = names(tmp_path / "home"), dict(os.environ)
    desk.raw_put("/a", b"1")
    for _ in range(5):
        ctadata.list_dir("/")
        ctadata.fetch_and_save_file("a")
        ctadata.APIClient()
    assert (names(temporary), names(tmp_path / "home"), dict(os.environ)) == ([], home, environment)


def test_an_error_says_what_to_do_and_is_of_both_worlds(desk: Desk) -> None:
    """Old `except` clauses catch it, new ones too; printing it shows the hint."""
    with pytest.raises(CtaDataError) as caught:
        ctadata.fetch_and_save_file("../x")
    assert isinstance(caught.value, ctadata.StorageException)
    assert isinstance(caught.value, ctadata.DirectApiError)
    assert caught.value.hint in str(caught.value)
