"""Part files: what makes it safe to stop anywhere and go on later."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import AlreadyExists, Busy, Corrupted, CtaDataError, NoSpace
from ctadata_jlab.storage import Checksum, Entry
from ctadata_jlab.transfer import disk, part
from ctadata_jlab.transfer.part import Part, part_names

if TYPE_CHECKING:
    from collections.abc import Callable

WHEN = datetime(2024, 11, 14, tzinfo=timezone.utc)
HELLO = Entry("/lst/a.h5", "file", 10, WHEN, "v1", Checksum("adler32", "1736043d"))  # of b"helloworld"


@pytest.fixture(name="target")
def _target(tmp_path: Path) -> Path:
    return tmp_path / "a.h5"


def _left(target: Path, entry: Entry = HELLO, data: bytes = b"hello") -> None:
    """Leave a part with *data* behind."""
    with Part(target, "dcache", entry) as unfinished:
        unfinished.write(data)


def _whole(opened: Part, *, replace: bool = False) -> Checksum | None:
    checked = opened.verify(HELLO.checksum)
    opened.commit(replace=replace)
    return checked


def _spied(steps: list[str], step: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function*, noting each call."""

    def spied(*args: Any, **options: Any) -> Any:
        steps.append(step.format(*args))
        return function(*args, **options)

    return spied


def test_the_sidecar_is_on_disk_before_the_first_byte(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes without a description could be of anything: it is written, synced and renamed before the first of them."""
    monkeypatch.setattr(part, "SMALL", 0)
    steps: list[str] = []
    monkeypatch.setattr(os, "fsync", _spied(steps, "fsync", os.fsync))
    monkeypatch.setattr(os, "pwrite", _spied(steps, "byte", os.pwrite))
    monkeypatch.setattr(Path, "replace", _spied(steps, "name {1.name}", Path.replace))
    _left(target)
    assert steps[:4] == ["fsync", "name .a.h5.ctapart.json", "fsync", "byte"]
    facts = json.loads(part_names(target)[1].read_bytes())
    assert facts["identity"] == {
        "source": "dcache", "path": "/lst/a.h5", "version": "v1", "modified": WHEN.timestamp(), "size": 10,
        "checksum": "adler32:1736043d",
    }  # fmt: skip
    assert facts["ranges"] == [[0, 5]]


def test_a_small_part_gets_its_sidecar_only_when_it_is_left(target: Path) -> None:
    """A crash before that costs no more than fetching it again, as no sidecar describes it; a stop keeps what is there."""
    with Part(target, "dcache", HELLO, ["adler32"]) as opened:
        opened.write(b"hello")
        assert not part_names(target)[1].exists()
    assert json.loads(part_names(target)[1].read_bytes())["ranges"] == [[0, 5]]


def test_the_bytes_are_on_disk_before_the_name(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut may never leave the final name on an unwritten file: fsync, then link, then fsync of the folder."""
    steps: list[str] = []
    with Part(target, "dcache", HELLO, ["adler32"]) as opened:
        opened.write(b"helloworld")
        monkeypatch.setattr(os, "fsync", _spied(steps, "fsync", os.fsync))
        monkeypatch.setattr(os, "link", _spied(steps, "link", os.link))
        _whole(opened)
    assert steps == ["fsync", "link", "fsync"]


def test_a_part_is_taken_up_where_it_was_left(target: Path) -> None:
    """The bytes that are there are hashed again, not fetched again; the file gets the source's time; nothing else is left."""
    _left(target)
    with Part(target, "dcache", HELLO, ["adler32"]) as opened:
        assert opened.done == 5
        opened.rehash(lambda: None)
        opened.write(b"world")
        assert _whole(opened) == HELLO.checksum
    assert target.read_bytes() == b"helloworld"
    assert target.stat().st_mtime == WHEN.timestamp()
    assert os.listdir(target.parent) == ["a.h5"]  # noqa: PTH208


def test_a_rotten_prefix_is_found(target: Path) -> None:
    """What lay on disk meanwhile is checked like what comes."""
    _left(target, data=b"jello")
    with Part(target, "dcache", HELLO, ["adler32"]) as opened:
        opened.rehash(lambda: None)
        opened.write(b"world")
        with pytest.raises(Corrupted):
            opened.verify(HELLO.checksum)
        with pytest.raises(Corrupted):
            opened.commit(replace=False)
    assert not target.exists()


@pytest.mark.parametrize("other", [
    Entry("/lst/a.h5", "file", 10, WHEN, "v2", HELLO.checksum),
    Entry("/lst/b.h5", "file", 10, WHEN, "v1", HELLO.checksum),
    Entry("/lst/a.h5", "file", 11, WHEN, "v1", HELLO.checksum),
    Entry("/lst/a.h5", "file", 10, WHEN, "v1", Checksum("adler32", "1")),
])  # fmt: skip
def test_another_version_starts_from_zero(target: Path, other: Entry) -> None:
    """Halves of two versions are never put together."""
    _left(target)
    with Part(target, "dcache", other) as opened:
        assert opened.done == 0
    assert part_names(target)[0].stat().st_size == 0


def test_an_entity_tag_that_grows_strong_is_the_same_version(target: Path) -> None:
    """Apache marks the tag of a young file as weak; two seconds later it is the same tag without the mark."""
    _left(target, Entry("/lst/a.h5", "file", 10, WHEN, 'W/"1"'))
    with Part(target, "dcache", Entry("/lst/a.h5", "file", 10, WHEN, '"1"')) as opened:
        assert opened.done == 5


def test_another_source_starts_from_zero(target: Path) -> None:
    """The same path on the development door is another file."""
    _left(target)
    with Part(target, "dcache-dev", HELLO) as opened:
        assert opened.done == 0


def test_without_a_version_a_part_is_not_resumed(target: Path) -> None:
    """A storage that tells neither version, time nor checksum cannot promise that it is the same file."""
    vague = Entry("/lst/a.h5", "file", 10)
    _left(target, vague)
    with Part(target, "dcache", vague) as opened:
        assert opened.done == 0


@pytest.mark.parametrize("sidecar", [None, b"", b"[]", b'{"identity": 1}', b"\xff"])
def test_without_a_sound_sidecar_from_zero(target: Path, sidecar: bytes | None) -> None:
    """Bytes of unknown origin are not used."""
    _left(target)
    if sidecar is None:
        part_names(target)[1].unlink()
    else:
        part_names(target)[1].write_bytes(sidecar)
    with Part(target, "dcache", HELLO) as opened:
        assert opened.done == 0


def test_after_a_crash_of_the_machine_only_synced_bytes_count(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's length survives a power cut better than its bytes; in another boot only the recorded range is trusted."""
    _left(target)
    with part_names(target)[0].open("ab") as out:
        out.write(b"\0\0\0")
    with Part(target, "dcache", HELLO) as opened:
        assert opened.done == 8  # the same boot: whatever was written is there
        opened._synced = 99  # leave the sidecar as it is
    facts = json.loads(part_names(target)[1].read_bytes())
    monkeypatch.setattr(disk, "boot_id", lambda: "another boot")
    with Part(target, "dcache", HELLO) as opened:
        assert opened.done == facts["ranges"][0][1] == 5


def test_two_owners_never_write_one_part(target: Path) -> None:
    """The second is told to come back; after the first has gone it goes on."""
    with Part(target, "dcache", HELLO) as first:
        first.write(b"hel")
        with pytest.raises(Busy), Part(target, "dcache", HELLO):
            pass
    with Part(target, "dcache", HELLO) as second:
        assert second.done == 3


def test_two_owners_are_kept_apart_where_files_cannot_be_locked(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in this machine's temporary folder is locked instead."""
    real = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        if os.path.samestat(os.fstat(descriptor), part_names(target)[0].stat()):
            raise OSError(errno.ENOLCK, "No locks available")
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for _ in range(2):
        with Part(target, "dcache", HELLO), pytest.raises(Busy), Part(target, "dcache", HELLO):
            pass


def test_nothing_is_overwritten_unasked(target: Path) -> None:
    """A file that turned up meanwhile stays, whoever made it; the part is kept."""
    with Part(target, "dcache", HELLO, ["adler32"]) as opened:
        opened.write(b"helloworld")
        target.write_bytes(b"precious")
        with pytest.raises(AlreadyExists):
            _whole(opened)
    assert target.read_bytes() == b"precious"
    assert part_names(target)[0].read_bytes() == b"helloworld"


def test_nothing_is_overwritten_where_there_are_no_hard_links(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fallback claims the name first."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links")

    monkeypatch.setattr(os, "link", refuse)
    target.write_bytes(b"precious")
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"helloworld")
        with pytest.raises(AlreadyExists):
            _whole(opened)
        assert target.read_bytes() == b"precious"
        target.unlink()
        _whole(opened)
    assert target.read_bytes() == b"helloworld"


def test_replacing_is_one_step(target: Path) -> None:
    """Asked to replace: the old bytes, then the new ones, never none."""
    target.write_bytes(b"old")
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"helloworld")
        assert target.read_bytes() == b"old"
        _whole(opened, replace=True)
    assert target.read_bytes() == b"helloworld"


def test_replacing_keeps_who_may_read_it(target: Path) -> None:
    """What was private stays private."""
    target.write_bytes(b"old")
    target.chmod(0o600)
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"helloworld")
        _whole(opened, replace=True)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_finished_file_is_never_truncated_through_its_old_name(target: Path) -> None:
    """A crash between the link and the removal of the part's name leaves one file under two names: the part's name just goes."""
    _left(target, data=b"helloworld")
    os.link(part_names(target)[0], target)
    with Part(target, "dcache", Entry("/lst/a.h5", "file", 3, WHEN, "v2")) as opened:
        assert opened.done == 0
    assert target.read_bytes() == b"helloworld"


@pytest.mark.parametrize("proof", [None, HELLO.checksum])
def test_too_few_bytes_are_refused(target: Path, proof: Checksum | None) -> None:
    """Also where no checksum would tell."""
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"hello")
        with pytest.raises(Corrupted, match="5 bytes"):
            opened.verify(proof)


def test_too_many_bytes_are_refused(target: Path) -> None:
    """A server that ignores a range sends too much."""
    with Part(target, "dcache", HELLO) as opened, pytest.raises(Corrupted):
        opened.write(b"helloworld!")


def test_a_full_disk_keeps_the_part(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`NoSpace`, and later it goes on."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"hello")
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            with pytest.raises(NoSpace):
                opened.write(b"world")
    with Part(target, "dcache", HELLO) as opened:
        assert opened.done == 5


def test_checkpoints_are_made_on_the_way(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long download is not lost to a power cut."""
    monkeypatch.setattr(part, "_CHECKPOINT", 4)
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"hello")
        assert json.loads(part_names(target)[1].read_bytes())["ranges"] == [[0, 5]]


def test_the_longest_name_has_a_part_too(tmp_path: Path) -> None:
    """255 bytes is what file systems store; the part's name is shortened."""
    target = tmp_path / ("é" * 127 + "x")
    with Part(target, "dcache", HELLO) as opened:
        opened.write(b"helloworld")
        _whole(opened)
    assert [file.name for file in tmp_path.iterdir()] == [target.name]


def test_a_link_in_the_parts_place_is_not_followed(target: Path, tmp_path: Path) -> None:
    """Nobody can make us write elsewhere."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    part_names(target)[0].symlink_to(victim)
    with pytest.raises(Exception, match=r"a\.h5"), Part(target, "dcache", HELLO):
        pass
    assert victim.read_bytes() == b"precious"
    victim.unlink()
    with pytest.raises(CtaDataError), Part(target, "dcache", HELLO):
        pass
    assert not victim.exists()


def test_what_a_killed_process_left_of_a_sidecar_goes(tmp_path: Path) -> None:
    """It was writing what the part is of, by way of a temporary: nothing of that stays beside the finished file."""
    (tmp_path / ".f.ctapart").write_bytes(b"")
    (tmp_path / ".f.ctapart.ctapart.json").write_bytes(b"{")
    with Part(tmp_path / "f", "s", Entry("/f", "file", 1)) as part:
        part.write(b"x")
        part.verify(None)
        part.commit(replace=False)
    assert [file.name for file in tmp_path.iterdir()] == ["f"]
