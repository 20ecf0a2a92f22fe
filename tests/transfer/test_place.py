"""Where the queue is kept when its folder cannot keep it."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.transfer.place import usable

NOWHERE = Path("/dev/null/state")
"""Nobody, not even root, can make that."""


@pytest.fixture(autouse=True)
def _own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_usual_folder_is_used_and_left_clean(tmp_path: Path) -> None:
    """Made if it is missing, for this user alone; nothing is left of the trial."""
    folder, notice = usable(tmp_path / "a/b")
    assert (folder, notice) == (tmp_path / "a/b", "")
    assert (list(folder.iterdir()), folder.stat().st_mode & 0o777) == ([], 0o700)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """A read-only home: the queue works all the same, on this machine, and says where it is."""
    folder, notice = usable(NOWHERE)
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert str(NOWHERE) in notice
    assert str(folder) in notice
    assert usable(NOWHERE) == (folder, notice)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EROFS])
def test_a_folder_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Two servers would both own the queue: so it is kept where there are locks."""
    real, place = fcntl.flock, tmp_path / "network"

    def flock(descriptor: int, operation: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(place):
            raise OSError(code, os.strerror(code))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    folder, notice = usable(place)
    assert folder != place
    assert str(place) in notice


def test_a_full_disk_takes_no_journal_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the queue stays in sight."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "transfers.sqlite").touch()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", full)
    assert usable(tmp_path / "home") == (tmp_path / "home", "")


def test_a_strangers_folder_is_not_used(tmp_path: Path) -> None:
    """The temporary folder is everybody's: a link that waits there is not followed."""
    (tmp_path / f"ctadata-queue-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(Misconfigured, match="no place"):
        usable(NOWHERE)
