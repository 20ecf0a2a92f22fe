"""What holds for any names, trees, versions and interruptions, not only for those that somebody thought of."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadPath, CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.server.files import span
from ctadata_jlab.server.refusal import BadRange
from ctadata_jlab.storage import Checksum, Entry
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer import job as jobs
from ctadata_jlab.transfer.board import Board, Herald
from ctadata_jlab.transfer.compare import End, are_identical, are_one_version, decide
from ctadata_jlab.transfer.copy import copy
from ctadata_jlab.transfer.job import FINAL, Conflict, ItemState, Job, JobRequest, JobState
from ctadata_jlab.transfer.journal import Journal
from ctadata_jlab.transfer.part import part_names
from ctadata_jlab.transfer.patterns import Patterns
from ctadata_jlab.transfer.plan import _outermost, plan_copy, plan_delete, plan_measure
from tests.transfer.kit import Faulty
from tests.transfer.properties import calm, names, trees

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage import Reader

CONFLICTS = st.sampled_from(get_args(Conflict))
WHEN = datetime(2024, 11, 14, tzinfo=timezone.utc)


# --- paths


@calm(300)
@given(st.text(max_size=40))
def test_a_path_has_one_spelling(text: str) -> None:
    """Whatever is written, it becomes that spelling or is refused; what comes out leads nowhere else."""
    try:
        path = paths.remote(text)
    except BadPath:
        return
    assert paths.remote(path) == path
    assert path.startswith("/")
    assert not {"", ".", ".."} & set(path[1:].split("/")) or path == "/"
    assert paths.join(paths.parent(path), paths.name(path)) == path
    assert paths.remote(unquote(urlsplit("https://host" + paths.quoted(path)).path)) == path


@calm(200)
@given(st.lists(names, max_size=4), st.lists(names, max_size=4))
def test_what_is_below_a_folder_is_seen_from_it(above: list[str], below: list[str]) -> None:
    """Joining and looking from above undo each other; what is not below is refused."""
    folder = paths.join("/", *above)
    path = paths.join(folder, *below)
    assert paths.join(folder, paths.relative(path, folder)) == path
    beside = folder.rstrip("/") + "-"
    with contextlib.suppress(BadPath):
        assert paths.relative(paths.remote(beside), folder) == "-" * (folder == "/")


@calm(200)
@given(st.text(max_size=30))
def test_no_path_leads_out_of_its_root(text: str) -> None:
    """Whatever is asked for in the workspace is in the workspace."""
    with tempfile.TemporaryDirectory() as root:
        try:
            place = paths.inside(Path(root), text)
        except BadPath:
            return
        real = Path(root).resolve()
        assert place == real or real in place.parents


@calm(200)
@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=300))
def test_a_name_that_is_too_long_is_shortened(name: str) -> None:
    """To 255 bytes, marks kept, always the same for one name and never the same for two."""
    short = paths.shortened(name, ".", ".ctapart")
    assert len(short.encode()) <= 255
    assert (short[0], short[-8:]) == (".", ".ctapart")
    assert short == paths.shortened(name, ".", ".ctapart")
    assert short != paths.shortened(name + "x", ".", ".ctapart")


@calm(200)
@given(st.text(max_size=20))
def test_folding_finds_what_a_file_system_confuses(text: str) -> None:
    """Upper and lower case, composed and decomposed: one name."""
    assert paths.fold(unicodedata.normalize("NFD", text)) == paths.fold(unicodedata.normalize("NFC", text))
    assert paths.fold(text.swapcase().swapcase()) == paths.fold(text) or not text.isascii()


# --- planning


def _memory(tree: dict[str, bytes | None]) -> Memory:
    memory = Memory({path: data for path, data in tree.items() if data is not None})
    for path, data in tree.items():
        if data is None:
            memory.make_folder(path)
    return memory


def _content(memory: Memory) -> dict[str, bytes | None]:
    return {path: node.data for path, node in memory._nodes.items() if path != "/"}


@calm(150)
@given(trees(), st.data())
def test_a_plan_is_the_tree(tree: dict[str, bytes | None], data: st.DataObject) -> None:
    """Carried out, it makes the same files and folders at the target: each once, folders before what they hold."""
    source = _memory(tree)
    everything = sorted(_content(source))
    assume(everything)
    tops = data.draw(st.lists(st.sampled_from(everything), min_size=1, max_size=3, unique=True))
    wanted: dict[str, bytes | None] = {}
    for top in tops:
        for path, content in _content(source).items():
            if (path + "/").startswith(top + "/"):
                landed = paths.join("/to", paths.relative(path, paths.parent(top)))
                if landed in wanted:
                    with pytest.raises(AlreadyExists):
                        list(plan_copy(source, tops, "/to"))
                    return
                wanted[landed] = content
    target = Memory()
    items = list(plan_copy(source, tops, "/to"))
    assert [item.n for item in items] == list(range(len(items)))
    for item in items:
        assert item.target is not None
        if item.kind == "folder":
            assert item.target not in _content(target)  # nothing has been put below it before
            target.make_folder(item.target)
        else:
            target.write(item.target, source.read(item.path))
    found = _content(target)
    assert {path: found[path] for path in found if path in wanted} == wanted
    assert {path for path in found if path not in wanted} <= {"/to"}


@calm(150)
@given(trees(), st.data())
def test_a_plan_to_delete_removes_that_and_nothing_else(tree: dict[str, bytes | None], data: st.DataObject) -> None:
    """Files first, folders from the last to the first: each folder is empty when its turn comes."""
    memory = _memory(tree)
    everything = sorted(_content(memory))
    assume(everything)
    tops = data.draw(st.lists(st.sampled_from(everything), min_size=1, max_size=3))
    stays = {
        path: content
        for path, content in _content(memory).items()
        if not any((path + "/").startswith(top + "/") for top in tops)
    }
    items = list(plan_delete(memory, tops))
    for item in [item for item in items if item.kind == "file"]:
        memory.remove(item.path)
    for item in [item for item in reversed(items) if item.kind == "folder"]:
        memory.remove(item.path)
    assert _content(memory) == stays


@calm(300)
@given(st.lists(st.lists(st.sampled_from(["a", "a.h5", "a-", "b"]), min_size=1, max_size=3).map("/".join), max_size=8))
def test_what_lies_inside_another_is_named_once(tops: list[str]) -> None:
    """However names sort: `a.h5` and `a-` stand between `a` and what is in it."""
    chosen = {f"/{top}" for top in tops}
    outer = {top for top in chosen if not any(top.startswith(other + "/") for other in chosen)}
    assert sorted(_outermost([f"/{top}" for top in tops])) == sorted(outer)


PATTERNS = st.sampled_from(["*.h5", "a", "b/", "/a", "a/*", "**/b", "!a", "*", "é", "a*/**", "?"])


@calm(150)
@given(trees(), st.lists(PATTERNS, min_size=1, max_size=3))
@example({"/b/a": b""}, ["b/", "!a"])
def test_what_a_pattern_takes_is_what_it_leaves_out(tree: dict[str, bytes | None], patterns: list[str]) -> None:
    """Of all files, `include` and `exclude` of the same patterns take each exactly once.

    But for what ``!`` would take back below a folder that is left out: nobody looks in there (gitignore).
    """
    memory = _memory({f"/top{path}": data for path, data in tree.items()} | {"/top": None})

    def files(chosen: Patterns) -> list[str]:
        return [entry.path for entry in plan_measure(memory, ["/top"], patterns=chosen) if not entry.is_folder]

    def is_unseen(path: str) -> bool:
        above = [path[:end] for end in range(len("/top/"), len(path)) if path[end] == "/"]
        return any(not Patterns(exclude=patterns).enters(Entry(folder, "folder"), "/top") for folder in above)

    taken, left = files(Patterns(include=patterns)), files(Patterns(exclude=patterns))
    unseen = [path for path in files(Patterns()) if path not in taken and is_unseen(path)]
    assert sorted(taken + left + unseen) == sorted(files(Patterns()))
    assert not unseen or "!a" in patterns


@calm(100)
@given(trees(), st.data())
def test_a_list_lands_as_it_is_seen_from_its_base(tree: dict[str, bytes | None], data: st.DataObject) -> None:
    """However its paths overlap, each file lands once."""
    source = _memory({f"/base{path}": content for path, content in tree.items()})
    below = sorted(path for path in _content(source) if path != "/base")
    assume(below)
    listed = data.draw(st.lists(st.sampled_from(below), min_size=1, max_size=6))
    landed = {item.path: item.target for item in plan_copy(source, listed, "/to", base="/base")}
    wanted = {path for path in below if any((path + "/").startswith(one + "/") for one in listed)}
    assert landed == {path: "/to" + path.removeprefix("/base") for path in wanted}


# --- conflicts


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw what may be at a path."""
    kind = draw(st.sampled_from(["file", "file", "file", "folder"]))
    if kind == "folder":
        return Entry("/x", "folder")
    modified = draw(st.one_of(st.none(), st.integers(-5, 5).map(lambda n: WHEN + timedelta(seconds=n))))
    checksum = draw(st.one_of(st.none(), st.sampled_from("ab").map(lambda value: Checksum("adler32", value))))
    return Entry(
        "/x", "file", draw(st.sampled_from([None, 0, 5])), modified, draw(st.sampled_from([None, "1", "2"])), checksum
    )


@calm(300)
@given(CONFLICTS, entries(), entries())
def test_no_rule_touches_what_it_should_not(conflict: Conflict, ours: Entry, theirs: Entry) -> None:
    """A folder is never replaced; only `replace` and `newer` replace, that very version; `rename` finds a free name."""
    assume(not ours.is_folder)
    target = Memory({"/x": b"1", "/x (1)": b"2"})
    try:
        decision = decide(conflict, ours, End("t", target, "/x"), theirs)
    except AlreadyExists:
        assert (
            conflict == "ask"
            or (theirs.is_folder and conflict in {"replace", "newer"})
            or (conflict == "newer" and None in {ours.modified, theirs.modified})
        )
        return
    if decision.replace is not None:
        assert conflict in {"replace", "newer"}
        assert (decision.replace, decision.path, theirs.is_folder) == (theirs, "/x", False)
    elif decision.skip is None:
        assert (conflict, decision.path) == ("rename", "/x (2)")
    if conflict == "newer" and ours.modified and theirs.modified:
        assert (decision.replace is not None) == (ours.modified - theirs.modified > timedelta(seconds=2))


@calm(100)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_newer_is_newer_by_more_than_a_coarse_clock(ours: int, theirs: int) -> None:
    """Some file systems know time to two seconds only: what may be of one time is not replaced."""
    one, other = (Entry("/x", "file", 5, WHEN + timedelta(seconds=seconds)) for seconds in (ours, theirs))
    decision = decide("newer", one, End("t", Memory(), "/x"), other)
    assert (decision.replace is not None) == (ours - theirs > 2)


@calm(300)
@given(entries(), entries())
def test_sameness_has_no_direction(one: Entry, other: Entry) -> None:
    """What is the same is the same from both ends, and never with two sizes or two known checksums."""
    here, there = End("a", Memory(), "/x"), End("b", Memory(), "/x")
    here.storage.traits = there.storage.traits = replace(Memory.traits, checksums=())  # type: ignore[misc]
    for same in (
        are_one_version(one, other) == are_one_version(other, one),
        one.is_folder
        or other.is_folder
        or are_identical(here, one, there, other) == are_identical(there, other, here, one),
    ):
        assert same
    if not one.is_folder and are_identical(here, one, there, other):
        assert one.size == other.size
        assert one.checksum is None or other.checksum is None or one.checksum == other.checksum


@calm(120)
@given(CONFLICTS, st.binary(max_size=9), st.one_of(st.none(), st.binary(max_size=9)), st.integers(-9, 9), st.booleans())
def test_a_copy_ends_in_one_of_two_ways(
    conflict: Conflict, ours: bytes, theirs: bytes | None, age: int, upload: bool
) -> None:
    """The right bytes under the right name, or the old ones untouched; and it says which of the two it was."""
    with tempfile.TemporaryDirectory() as folder:
        work, memory = Path(folder), Memory(clock=lambda: 1e9)
        remote, local = End("m", memory, "/x"), End("local", Local(work), "/x")
        source, target = (local, remote) if upload else (remote, local)
        if upload:
            (work / "x").write_bytes(ours)
            os.utime(work / "x", (1e9 + age, 1e9 + age))
            if theirs is not None:
                memory.write("/x", theirs)
        else:
            memory.write("/x", ours)
            if theirs is not None:
                (work / "x").write_bytes(theirs)
                os.utime(work / "x", (1e9 - age, 1e9 - age))

        def there(name: str = "x") -> bytes | None:
            with contextlib.suppress(OSError, CtaDataError):
                return memory.read(f"/{name}") if upload else (work / name).read_bytes()
            return None

        try:
            outcome = copy(source, target, conflict=conflict, ticket="t")
        except AlreadyExists:
            assert (conflict, there()) == ("ask", theirs)
            assert theirs != ours
            return
        if outcome.state is ItemState.SKIPPED:
            assert there() == theirs
            assert theirs == ours or conflict == "skip" or (conflict == "newer" and age <= 2)
        else:
            assert there(outcome.path[1:]) == ours
            assert outcome.path == "/x" or there() == theirs
            assert (outcome.path == "/x") == (theirs is None or conflict in {"replace", "newer"})
        assert not any(path.name.endswith(".ctapart") for path in work.iterdir())


# --- states


@calm(60)
@given(st.lists(st.sampled_from(list(JobState)), max_size=12), st.integers(0, 12))
def test_a_job_takes_only_allowed_steps_and_the_journal_knows_them(steps: list[JobState], restart: int) -> None:
    """What is not allowed changes nothing; what is, is on disk: whoever reads the journal sees the same state."""
    with tempfile.TemporaryDirectory() as folder:
        journal, herald = Journal(Path(folder)), Herald()
        board = Board(journal, herald, lambda: 1.0)
        job = board.add(Job("J", JobRequest("delete", "s", ("/x",), None), "x", 1.0), ())
        state = job.state
        for n, step in enumerate(steps):
            if n == restart:
                journal.close()
                journal = Journal(Path(folder))
                board = Board(journal, herald, lambda: 1.0)
                board.load(bump=True)
            allowed = step is state or jobs.may_follow(state, step)
            try:
                state = board.change("J", step).state
            except Misconfigured:
                assert not allowed
            else:
                assert allowed
                assert state is step
            assert board.get("J").state is journal.jobs()[0].state is state
            assert (board.get("J").ended is not None) == (state in FINAL)
        herald.close()
        journal.close()


def test_every_state_leads_to_an_end() -> None:
    """Nothing gets stuck: from everywhere it can be cancelled or is over, and from everything but an end it can be done."""
    reach = {state: {state} for state in JobState}
    for _ in JobState:
        for found in reach.values():
            found |= {after for one in found for after in JobState if jobs.may_follow(one, after)}
    for state in JobState:
        assert jobs.may_follow(state, JobState.CANCELLED) == (state not in FINAL)
        assert JobState.DONE in reach[state]
    assert not any(jobs.may_follow(JobState.DONE, after) for after in JobState)


@calm(40)
@given(st.integers(1, 6), st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), max_size=8))
def test_any_order_can_be_made_and_is_kept(count: int, moves: list[tuple[int, int | None]]) -> None:
    """Put before, put last, put before itself: as in a plain list, also after a restart."""
    with tempfile.TemporaryDirectory() as folder:
        journal, herald = Journal(Path(folder)), Herald()
        board = Board(journal, herald, lambda: 1.0)
        line = [
            board.add(Job(f"J{9 - n}", JobRequest("delete", "s", ("/x",), None), "x", 1.0), ()).id for n in range(count)
        ]
        for who, before in moves:
            one, other = line[who % count], None if before is None else line[before % count]
            board.place(one, other)
            if one != other:
                line.remove(one)
                line.insert(len(line) if other is None else line.index(other), one)
            assert [job.id for job in board.queue()] == line
        board.load(bump=True)
        assert [job.id for job in board.queue()] == line
        herald.close()
        journal.close()


# --- ranges


@calm(300)
@given(st.integers(0, 2000), st.integers(0, 2100), st.one_of(st.none(), st.integers(0, 2100)), st.booleans())
def test_a_range_is_what_http_means(size: int, first: int, last: int | None, suffix: bool) -> None:
    """As slices of the bytes: from, to, the last so many; one that cannot be is refused (RFC 9110 §14)."""
    data = bytes(n % 251 for n in range(size))
    text = f"bytes=-{first}" if suffix else f"bytes={first}-{'' if last is None else last}"
    entry = Entry("/x", "file", size, WHEN, "1")
    wanted = data[size - min(first, size) :] if suffix else data[first : size if last is None else last + 1]
    try:
        piece = span(HTTPHeaders({"Range": text}), entry)
    except BadRange:
        assert not wanted
        return
    whole = not suffix and last is not None and last < first
    assert data[piece.start : piece.end] == (data if whole else wanted)
    assert piece.partial or whole


@calm(60)
@given(st.binary(min_size=1, max_size=4000), st.lists(st.integers(0, 700), max_size=5))
def test_wherever_it_is_cut_the_whole_arrives_and_nothing_twice(content: bytes, cuts: list[int]) -> None:
    """Each run goes on with the byte after the last one that was kept, and no part ever holds a wrong one."""
    with tempfile.TemporaryDirectory() as folder:
        dcache, work = Faulty({"/x": content}), Path(folder)
        spans: list[tuple[int, int]] = []

        def run(cut: int | None) -> None:
            def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
                stop = len(content) if end is None else end
                upto = stop if cut is None else min(stop, start + cut)
                if start < upto:
                    reader.pour(start, upto, sink)
                    spans.append((start, upto))
                if cut is not None:
                    raise Unreachable("cut off")

            dcache.pouring = pouring
            copy(End("m", dcache, "/x"), End("local", Local(work), "/x"), ticket="t")

        for cut in cuts:
            with contextlib.suppress(Unreachable):  # unless the repetitions have brought it to its end
                run(cut)
            part = part_names(work / "x")[0]
            assert not part.exists() or content.startswith(part.read_bytes())
        run(None)
        assert (work / "x").read_bytes() == content
        assert spans == sorted(spans)
        assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
        assert sorted(path.name for path in work.iterdir()) == ["x"]
