"""Responses that are written like an earlier one are read without the XML parser, and mean what it would say."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctadata_jlab import config
from ctadata_jlab.session import Session
from ctadata_jlab.storage import propfind, shapes
from ctadata_jlab.storage.propfind import _Reader
from ctadata_jlab.storage.shapes import Repetition
from tests.remote.conftest import desk_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:" xmlns:o="urn:other">'
TAIL = "\n</D:multistatus>"
OK = "<D:status>HTTP/1.1 200 OK</D:status>"
GONE = "<D:propstat><D:prop><D:getetag>{t}</D:getetag></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
PLAIN = (
    "\n<D:response><D:href>{h}</D:href><D:propstat><D:prop><D:getcontentlength>{n}</D:getcontentlength>"
    f"<D:getetag>{{t}}</D:getetag><D:resourcetype/></D:prop>{OK}</D:propstat></D:response>"
)
RESPONSES = (
    PLAIN,
    f"<D:response><D:href>{{h}}/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop>{OK}</D:propstat></D:response>",
    f'<D:response xmlns:l="DAV:" o:a="1>2"><D:href> {{h}} </D:href><D:propstat><D:prop><l:getetag>{{t}}</l:getetag></D:prop>{OK}</D:propstat>{GONE}</D:response>',
    f"<D:response><D:href>{{h}}</D:href><D:propstat><D:prop><o:getetag>{{t}}</o:getetag><D:getetag/></D:prop>{OK}</D:propstat></D:response>",
    f"<D:response><D:href>{{h}}</D:href><D:propstat><D:prop><o:response>{{t}}</o:response></D:prop>{OK}</D:propstat></D:response>",
    "<D:response><D:href>{h}</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>",
    "<D:response><D:href>{h}</D:href><D:href>{t}</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>",
    f"<D:response><D:href><![CDATA[{{h}}]]></D:href><D:propstat><D:prop/>{OK}</D:propstat></D:response>",
    f"<!-- {PLAIN}{PLAIN}{PLAIN} -->",
    "<!-- <D:response> -->",
    "<o:aside><D:href>{h}</D:href></o:aside>",
)
TEXTS = (
    "a",
    "0",
    "",
    "run 1",
    "a%20b",
    "é",
    "日本",
    "&lt;b&gt;",
    "&amp;",
    "'",
    '"x"',
    "-3-",
    "]]",
    "\x85",
    "\xa0",
    "a\nb",
    " ",
)


@pytest.fixture(scope="module", autouse=True)
def _few_are_many() -> Iterator[None]:
    """Two of a kind are looked at together already: so many as are worth it would seldom be generated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "_MANY", 2)
        yield


member = st.tuples(st.sampled_from(RESPONSES), *[st.sampled_from(TEXTS)] * 3)


def written(members: Sequence[tuple[str, str, str, str]]) -> bytes:
    responses = "".join(one.format(h=f"/x/{h}", n=n, t=t) for one, h, n, t in members)
    return (HEAD + responses + TAIL).encode()


def by_the_xml_parser(answer: bytes) -> list[propfind.Found]:
    reader = _Reader("x")
    return [*reader.feed(answer, last=False), *reader.feed(b"", last=True)]


@given(st.lists(member, max_size=24), st.lists(st.integers(1, 10_000), max_size=6))
@example([(PLAIN, "a", "1", "t")] * 2 + [(RESPONSES[8], "b", "2", "t")] + [(PLAIN, "c", "3", "t")], [])
@example([(one, text, text, "t") for one in RESPONSES for text in ("a", "b", "c d", "1")], [])
@example([(one, text, text, "t") for text in ("a", "b", "c d", "1") for one in RESPONSES], [])
@example([(PLAIN, text, text, text) for text in TEXTS], [])
def test_nothing_is_read_otherwise(members: list[tuple[str, str, str, str]], cuts: list[int]) -> None:
    """Whatever stands in an answer, and wherever the network cuts it: the XML parser, given all of it, would say the same."""
    answer = written(members)
    edges = [0, *sorted({cut for cut in cuts if cut < len(answer)}), len(answer)]
    pieces = [answer[a:b] for a, b in itertools.pairwise(edges)]
    reader = Repetition(lambda: _Reader("x"), few=1, step=64)
    told = [one for piece in pieces for one in reader.feed(piece, last=False)] + reader.feed(b"", last=True)
    found = list(propfind.each(told))
    assert found == by_the_xml_parser(answer)
    assert list(propfind.each(propfind.read(pieces, "x"))) == found


def test_the_xml_parser_reads_the_first_of_each_shape() -> None:
    """Of ten thousand files and folders it is given the first hundred; the rest costs a comparison each."""
    fed = 0

    class Counting(_Reader):
        def feed(self, chunk: bytes, *, last: bool) -> list[propfind.Found]:
            nonlocal fed
            fed += len(chunk)
            return super().feed(chunk, last=last)

    members = [(RESPONSES[n % 3], f"run{n}", str(n), f'"{n:x}"') for n in range(10_000)]
    answer = written(members)
    reader = Repetition(lambda: Counting("x"))
    told = [one for at in range(0, len(answer), 16_384) for one in reader.feed(answer[at : at + 16_384], last=False)]
    found = list(propfind.each(told + reader.feed(b"", last=True)))
    assert found == by_the_xml_parser(answer)
    assert len(found) == 10_000
    assert fed < 50_000


@pytest.mark.parametrize("name", ["apache", "nginx", "wsgidav", "xrootd", "double"])
def test_every_server_writes_by_patterns(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 400 files of a real server, the XML parser reads those until the pattern is known."""
    desk = desk_of(request, name, tmp_path, monkeypatch)
    for n in range(400):
        desk.raw_put(f"/lst/run{n}.h5", b"x" * n)
    read = 0
    feed = _Reader.feed

    def counted(self: _Reader, chunk: bytes, *, last: bool) -> list[propfind.Found]:
        nonlocal read
        found = feed(self, chunk, last=last)
        read += len(found)
        return found

    monkeypatch.setattr(_Reader, "feed", counted)
    with Session(config.load()) as session:
        found = {entry.name: entry.size for entry in session.storage("dcache").list("/lst")}
    assert found == {f"run{n}.h5": n for n in range(400)}
    assert read < 150
