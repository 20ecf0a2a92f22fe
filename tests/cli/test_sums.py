"""`checksum`: manifests that other programs read, and checks that tell each file that does not fit."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk


@pytest.fixture
def lst(desk: Desk) -> Desk:
    desk.raw_put("/lst/a b.h5", b"12345")
    desk.raw_put("/lst/sub/c", b"")
    return desk


def test_the_stored_checksum_of_a_file(lst: Desk, run: Callable[..., Result]) -> None:
    """By its own name; another algorithm is computed."""
    assert run("checksum", "lst/a b.h5").stdout == "ADLER32 (a b.h5) = 02f80100\n"
    digest = hashlib.sha256(b"12345").hexdigest()
    assert run("checksum", "-a", "sha256", "lst/a b.h5").stdout == f"SHA256 (a b.h5) = {digest}\n"


def test_a_tree_wants_the_option(lst: Desk, run: Callable[..., Result]) -> None:
    """As everywhere."""
    assert run("checksum", "lst").exit_code == 1
    assert run("checksum", "-r", "lst").stdout.splitlines() == [
        "ADLER32 (a b.h5) = 02f80100",
        "ADLER32 (sub/c) = 00000001",
    ]


def test_what_was_downloaded_is_checked(lst: Desk, run: Callable[..., Result]) -> None:
    """0 when all fits; 9 names the file that does not; 4 the one that is missing; 1 when it is both."""
    assert run("checksum", "-r", "lst", "-o", "sums").exit_code == 0
    assert run("get", "-r", "lst").exit_code == 0
    assert "2 of 2 files" in run("checksum", "--check", "sums", "--local", "lst").stderr
    assert run("checksum", "--check", "sums", "lst").exit_code == 0
    (lst.cwd / "lst/a b.h5").write_bytes(b"12346")
    wrong = run("checksum", "--check", "sums", "--local", "lst")
    assert wrong.exit_code == 9
    assert "a b.h5: the bytes are others" in wrong.stderr
    assert "1 of 2 files" in wrong.stderr
    (lst.cwd / "lst/sub/c").unlink()
    assert run("checksum", "--check", "sums", "--local", "lst").exit_code == 1
    (lst.cwd / "lst/a b.h5").write_bytes(b"12345")
    assert run("checksum", "--check", "sums", "--local", "lst").exit_code == 4


def test_md5sum_reads_our_manifest_and_we_its(lst: Desk, run: Callable[..., Result]) -> None:
    """The lines are those of `md5sum --tag`, odd names included."""
    lst.raw_put("/lst/back\\slash", b"x")
    assert run("get", "-r", "lst").exit_code == 0
    assert run("checksum", "-r", "-a", "md5", "lst", "-o", "ours").exit_code == 0
    theirs = subprocess.run(["md5sum", "--check", "../ours"], cwd=lst.cwd / "lst", check=False, capture_output=True)
    assert theirs.returncode == 0, theirs.stderr
    names = ["a b.h5", "back\\slash", "sub/c"]
    tagged = subprocess.run(
        ["md5sum", "--tag", *names], cwd=lst.cwd / "lst", check=True, capture_output=True, text=True
    )
    assert (lst.cwd / "ours").read_text() == tagged.stdout
    assert "3 of 3 files" in run("checksum", "--check", "-", "lst", stdin=tagged.stdout).stderr


def test_a_manifest_is_new_and_whole(lst: Desk, run: Callable[..., Result]) -> None:
    """One that is there is not replaced; a line that is none is told by its number; no path leads out of the folder."""
    (lst.cwd / "sums").write_text("mine")
    assert run("checksum", "-r", "lst", "-o", "sums").exit_code == 7
    assert (lst.cwd / "sums").read_text() == "mine"
    broken = run("checksum", "--check", "sums", "lst")
    assert broken.exit_code == 2
    assert "Line 1" in broken.stderr
    out = run("checksum", "--check", "-", "lst/sub", stdin="ADLER32 (../a b.h5) = 02f80100\n")
    assert out.exit_code == 2
