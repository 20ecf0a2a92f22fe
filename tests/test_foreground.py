"""Transfers here and now: the rules that all three doors (shell, notebook, scripts) rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config, foreground
from ctadata_jlab.errors import (
    BadPath,
    Corrupted,
    CtaDataError,
    Forbidden,
    Misconfigured,
    NoSpace,
    NotFound,
    NotLoggedIn,
)
from ctadata_jlab.foreground import Standing, Summary
from ctadata_jlab.foreground.tickets import Tickets
from ctadata_jlab.session import Session
from ctadata_jlab.storage.temporary import temporary
from ctadata_jlab.storage.webdav import WebDav
from ctadata_jlab.transfer import haul
from ctadata_jlab.transfer.job import Item, ItemState
from tests.cli.settings import Desk, desk_for, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Entry, Reader
    from tests.rig.doors import Door


@pytest.fixture
def desk(wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine that knows the wsgidav door."""
    return desk_for(wsgidav, tmp_path, monkeypatch)


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    with Session(config.load()) as session:
        yield session


def failing(monkeypatch: pytest.MonkeyPatch, method: str, end: str, error: CtaDataError) -> None:
    """Let *method* of the storage fail for paths that end so."""
    original = getattr(WebDav, method)
    monkeypatch.setattr(haul, "LARGEST", -1)  # one by one

    def act(self: WebDav, path: str, *rest: object, **more: object) -> object:
        if path.endswith(end):
            raise error
        return original(self, path, *rest, **more)

    monkeypatch.setattr(WebDav, method, act)


def test_files_move_several_at_once(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as configured: four meet, none waits for another's end."""
    for n in range(4):
        desk.raw_put(f"/lst/{n}", b"x")
    meeting = threading.Barrier(4, timeout=20)
    monkeypatch.setattr(haul, "LARGEST", -1)  # one by one
    original = WebDav.open

    def open_(self: WebDav, *rest: object, **more: object) -> object:
        meeting.wait()
        return original(self, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WebDav, "open", open_)
    assert foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True).files == 4


def test_failures_are_collected_and_told(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others arrive; `require` raises an error of the first failure's kind that counts them."""
    for n in range(5):
        desk.raw_put(f"/lst/{n}", b"xx")
    failing(monkeypatch, "open", "3", Forbidden("Not you.", hint="Ask."))
    done = foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True)
    assert [(result.path, str(result.error)) for result in done.failed] == [("/lst/3", "Not you.")]
    assert (done.files, done.size, done.left) == (4, 8, 0)
    with pytest.raises(Forbidden, match=r"1 of 5 failed. The first: Not you\.") as caught:
        done.require()
    assert caught.value.hint == "Ask."


def test_without_a_login_nothing_more_is_tried(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused tokens are counted at the other side; what was not tried is counted here."""
    for n in range(50):
        desk.raw_put(f"/lst/{n:02}", b"x")
    failing(monkeypatch, "open", "", NotLoggedIn("Who are you?"))
    done = foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True)
    assert 1 <= len(done.failed) <= 8
    assert len(done.failed) + done.left == 50


def test_a_folder_that_cannot_be_listed_stops_all_before_anything_is_written(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree with a hole in it would look whole."""
    desk.raw_put("/lst/a", b"x")
    desk.raw_put("/lst/closed/b", b"x")
    failing(monkeypatch, "list", "closed", Forbidden("Not you."))
    with pytest.raises(Forbidden, match="closed"):
        foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True)
    assert names(desk.cwd) == []


def test_wrong_bytes_never_get_the_name(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are fetched once more; if they are wrong again, what was there stays."""
    (desk.cwd / "a").write_bytes(b"mine")
    original, place = WebDav.open, desk.door.local(desk.root + "/a")

    def become(data: bytes) -> None:  # of one size and one time: no server can tell them apart
        place.write_bytes(data)
        os.utime(place, (1e9, 1e9))

    def opened(self: WebDav, path: str, expect: Entry | None = None) -> Reader:
        become(b"right")
        reader = original(self, path, expect)
        become(b"wrong")
        return reader

    become(b"right")
    monkeypatch.setattr(WebDav, "open", opened)
    done = foreground.get(session, "dcache", "/a", desk.cwd / "a", conflict="replace")
    with pytest.raises(Corrupted):
        done.require()
    assert (desk.cwd / "a").read_bytes() == b"mine"


def test_a_full_disk_is_noticed_before(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun that cannot end."""
    desk.raw_put("/a", b"12345")
    monkeypatch.setattr("ctadata_jlab.transfer.survey.free_space", lambda _: 4)
    with pytest.raises(NoSpace):
        foreground.get(session, "dcache", "/a", desk.cwd / "a")


def test_a_link_on_this_machine_does_not_lead_a_download_astray(desk: Desk, session: Session) -> None:
    """A folder of the target that is a link out of it is refused; nothing lands elsewhere."""
    desk.raw_put("/lst/sub/a", b"x")
    (desk.cwd / "outside").mkdir()
    (desk.cwd / "lst").mkdir()
    (desk.cwd / "lst/sub").symlink_to(desk.cwd / "outside")
    with pytest.raises(BadPath, match="leads outside"):
        foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True)
    assert names(desk.cwd / "outside") == []


def test_links_are_followed_inside_an_uploaded_folder(desk: Desk, session: Session) -> None:
    """One that leads out of it is refused, by name; a link that the user names is what they mean."""
    (desk.cwd / "out").mkdir()
    (desk.cwd / "out/here").write_bytes(b"1")
    (desk.cwd / "out/link").symlink_to("here")
    foreground.put(session, "dcache", desk.cwd / "out", "/out", recursive=True).require()
    assert desk.raw_get("/out/link") == b"1"
    (desk.cwd / "out/leading-out").symlink_to(desk.cwd)
    with pytest.raises(BadPath, match="leading-out"):
        foreground.put(session, "dcache", desk.cwd / "out", "/new", recursive=True)
    (desk.cwd / "named").symlink_to("out/here")
    foreground.put(session, "dcache", desk.cwd / "named", "/named").require()
    assert desk.raw_get("/named") == b"1"


def test_a_selection_of_a_folder(desk: Desk, session: Session) -> None:
    """Patterns and names say what is meant; a sync leaves alone what is there, replaces what differs, and removes nothing."""
    only = foreground.Selection(include=("*.h5",), exclude=("b*",))
    for name, data in {"a.h5": b"a", "b.h5": b"b", "c.txt": b"c", "sub/d.h5": b"d"}.items():
        desk.raw_put(f"/sel/{name}", data)
    target = desk.cwd / "got"
    foreground.get(session, "dcache", "/sel", target, recursive=True, only=only).require()
    assert (names(target), names(target / "sub")) == (["a.h5", "sub"], ["d.h5"])
    (target / "a.h5").write_bytes(b"other")
    (target / "mine").write_bytes(b"mine")
    only = foreground.Selection(names=("a.h5", "sub"), sync=True)
    summary = foreground.get(session, "dcache", "/sel", target, recursive=True, only=only).require()
    assert {result.target: result.note for result in summary.results}[str(target / "a.h5")] != "already there"
    assert [result.note for result in summary.results if result.target.endswith("d.h5")] == ["already there"]
    assert (target / "a.h5").read_bytes() == b"a"
    assert names(target) == ["a.h5", "mine", "sub"]


def test_an_interrupted_upload_goes_on_with_the_files_that_are_missing(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has arrived is left alone."""
    (desk.cwd / "out").mkdir()
    for n in range(6):
        (desk.cwd / f"out/{n}").write_bytes(b"x" * n)

    def stop(standing: Standing) -> None:
        if standing.files_done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        foreground.put(session, "dcache", desk.cwd / "out", "/out", recursive=True, report=stop)
    done = foreground.put(session, "dcache", desk.cwd / "out", "/out", recursive=True).require()
    assert sum(result.state is ItemState.SKIPPED for result in done.results) >= 2
    assert [desk.raw_get(f"/out/{n}") for n in range(6)] == [b"x" * n for n in range(6)]
    assert names(desk.door.local(desk.root + "/out")) == [str(n) for n in range(6)]


def test_a_fault_of_ours_is_raised_where_it_was_asked_for(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a thread is not swallowed."""
    desk.raw_put("/a", b"x")
    failing(monkeypatch, "open", "a", ZeroDivisionError("bug"))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        foreground.get(session, "dcache", "/a", desk.cwd / "a")


def test_progress_ends_with_all_that_there_was(desk: Desk, session: Session) -> None:
    """Every file is told once, and the sums come out even, in the thread that asked."""
    for n in range(7):
        desk.raw_put(f"/lst/sub/{n}", b"12345")
    seen: list[Standing] = []
    threads = set()

    def report(standing: Standing) -> None:
        seen.append(standing)
        threads.add(threading.current_thread())

    foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True, report=report)
    assert (seen[-1].files_done, seen[-1].files_total, seen[-1].bytes_done, seen[-1].bytes_total) == (7, 7, 35, 35)
    assert sorted(result.path for standing in seen for result in standing.finished) == [
        f"/lst/sub/{n}" for n in range(7)
    ]
    assert threads == {threading.main_thread()}


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (Standing(1, 0, 0, 0), "0 of 1 file"),
        (
            Standing(500, 12, 3_400_000_000, 1_200_000_000, 1e8),
            "12 of 500 files, 1.2 GB of 3.4 GB, 100.0 MB/s, 0:22 left",
        ),
    ],
)
def test_a_standing_is_one_line_for_people(standing: Standing, text: str) -> None:
    """Files, bytes, speed, time left."""
    assert str(standing) == text


def test_sizes_are_read_easily() -> None:
    """Decimal units, as disks have them."""
    assert [foreground.readable_size(size) for size in (0, 999, 1500, 10**15)] == [
        "0 bytes",
        "999 bytes",
        "1.5 kB",
        "1000.0 TB",
    ]


@pytest.mark.parametrize(
    ("path", "destination", "is_folder", "lands"),
    [
        ("lst/a", None, False, "a"),
        ("lst/a/", None, True, "a"),
        ("lst/a", "b", False, "b"),
        ("lst/a", "new/", False, "new/a"),
        ("lst/a", ".", False, "a"),
        ("lst/a", "b", True, "b/a"),
    ],
)
def test_where_a_download_lands(desk: Desk, path: str, destination: str | None, is_folder: bool, lands: str) -> None:
    """A folder under its name in the destination, always; a file as `cp` would."""
    assert desk.cwd / foreground.landing(path, destination, is_folder=is_folder) == desk.cwd / lands


def test_the_source_is_the_first_unless_named(desk: Desk, session: Session) -> None:
    """`dev` is the twin of that."""
    assert foreground.chosen(session).name == "dcache"
    assert foreground.chosen(session, dev=True).name == "dcache-dev"
    assert foreground.chosen(session, "dcache-dev", dev=True).name == "dcache"
    with pytest.raises(NotFound, match="nowhere"):
        foreground.chosen(session, "nowhere")
    with pytest.raises(Misconfigured):
        foreground.chosen(session, "local", dev=True)


def test_the_shared_session_follows_the_settings(desk: Desk) -> None:
    """Connections are kept between calls, until the settings change."""
    first = foreground.shared_session()
    assert foreground.shared_session() is first
    desk.config.write_text(desk.config.read_text().replace('title = "dCache"', 'title = "Another"'))
    assert foreground.chosen(foreground.shared_session()).title == "Another"


def test_an_empty_summary_is_no_failure() -> None:
    """A folder without files has arrived."""
    assert Summary("/x", ()).require().files == 0


def test_what_a_killed_upload_has_left_is_swept_by_the_next(desk: Desk, session: Session) -> None:
    """Its ticket was written down before the first byte; what somebody else left, or is just sending, stays."""
    script = (
        "import os, sys; from pathlib import Path; from ctadata_jlab import config, foreground; from ctadata_jlab.session import Session\n"
        "from ctadata_jlab.transfer import body\n"
        "body.FileBody.read = lambda self, count: os._exit(9)\n"
        "foreground.put(Session(config.load()), 'dcache', Path(sys.argv[1]), '/up/big')\n"
    )
    (desk.cwd / "big").write_bytes(os.urandom(100_000))
    assert (
        subprocess.run([sys.executable, "-c", script, str(desk.cwd / "big")], check=False, timeout=120).returncode == 9
    )
    folder = session.config.state / "uploads"
    (noted,) = folder.iterdir()
    ticket, target, size = json.loads(noted.read_text())
    assert (target, size) == ("/up/big", 100_000)
    left = temporary("/up/big", ticket)
    desk.raw_put(left, b"half")
    desk.raw_put("/up/.big.SOMEBODY-0.ctapart", b"another's")
    desk.raw_put(temporary("/up/other", "LIVE-0"), b"being sent")
    with Tickets(folder, "dcache", "LIVE") as live:
        assert live.of(Item(0, "/x", "/up/other", "file", 5)) == "LIVE-0"
        foreground.put(session, "dcache", desk.cwd / "big", "/up/big").require()
        assert not desk.raw_exists(left)
        assert desk.raw_get("/up/.big.SOMEBODY-0.ctapart") == b"another's"
        assert desk.raw_get(temporary("/up/other", "LIVE-0")) == b"being sent"
        live.done("LIVE-0")
    assert list(folder.iterdir()) == []
    assert desk.raw_get("/up/big") == (desk.cwd / "big").read_bytes()


def test_a_whole_file_that_a_killed_upload_has_left_goes_when_its_name_is_taken(desk: Desk, session: Session) -> None:
    """Until then it may be all there is, and is remembered; no run of another file takes it."""
    folder = session.config.state / "uploads"
    with Tickets(folder, "dcache", "DEAD") as dead:
        left = temporary("/up/big", dead.of(Item(0, "/x", "/up/big", "file", 5)))
    desk.raw_put(left, b"12345")
    (desk.cwd / "file").write_bytes(b"12345")
    foreground.put(session, "dcache", desk.cwd / "file", "/up/other").require()
    assert desk.raw_get(left) == b"12345"
    foreground.put(session, "dcache", desk.cwd / "file", "/up/big").require()
    assert desk.raw_get("/up/big") == b"12345"
    assert not desk.raw_exists(left)
    assert list(folder.iterdir()) == []


def test_a_rehearsal_moves_no_small_files_either(desk: Desk, session: Session) -> None:
    """Many at once are as little real as single ones."""
    for n in range(5):
        desk.raw_put(f"/lst/{n}", b"xx")
    only = foreground.Selection(rehearsal=True)
    done = foreground.get(session, "dcache", "/lst", desk.cwd / "lst", recursive=True, only=only)
    assert done.files == 5
    assert not (desk.cwd / "lst").exists()
