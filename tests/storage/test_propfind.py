"""Reading a multistatus: any spelling is understood, anything else is an error, nothing is left out in silence."""

from __future__ import annotations

import itertools
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctadata_jlab.errors import BadAnswer, Unreachable
from ctadata_jlab.storage import propfind
from ctadata_jlab.storage.digest import best, digests

DCACHE = b"""<?xml version="1.0" encoding="utf-8" ?>
<d:multistatus xmlns:cs="http://calendarserver.org/ns/" xmlns:d="DAV:" xmlns:ns1="http://srm.lbl.gov/StorageResourceManager"
 xmlns:ns2="http://www.dcache.org/2013/webdav">
<d:response><d:href>/lst/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/lst/a.h5</d:href>
<d:propstat><d:prop><d:getcontentlength>42</d:getcontentlength><d:getlastmodified>Thu, 14 Nov 2024 10:00:01 GMT</d:getlastmodified>
<d:getetag>"0000A_1"</d:getetag><ns2:Checksums>adler32=3da0195,md5=rL0Y20zC+Fzt72VPzMSk2A==</ns2:Checksums>
<ns1:FileLocality>NEARLINE</ns1:FileLocality></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
<d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
</d:response></d:multistatus>"""


def read(*chunks: bytes) -> list[propfind.Found]:
    return list(propfind.each(propfind.read(chunks, "/lst on dCache")))


def test_reads_dcaches_answer() -> None:
    """Size, time, version, checksums and locality are found."""
    folder, file = read(DCACHE)
    assert folder.is_folder
    assert (file.href, file.size, file.etag) == ("/lst/a.h5", 42, '"0000A_1"')
    assert file.modified == datetime(2024, 11, 14, 10, 0, 1, tzinfo=timezone.utc)
    assert str(best(file.properties[propfind.CHECKSUMS])) == "adler32:03da0195"
    assert file.properties[propfind.LOCALITY] == "NEARLINE"


def test_properties_of_a_404_propstat_do_not_count() -> None:
    """DCache lists a file's resourcetype as not found; what stands there is no fact."""
    assert not read(DCACHE)[1].is_folder


@given(st.lists(st.integers(1, len(DCACHE) - 1), max_size=8))
def test_an_answer_may_arrive_in_any_pieces(cuts: list[int]) -> None:
    """Where the network cuts makes no difference."""
    edges = [0, *sorted(set(cuts)), len(DCACHE)]
    pieces = [DCACHE[a:b] for a, b in itertools.pairwise(edges)]
    assert read(*pieces) == read(DCACHE)


def test_entries_come_before_the_answer_ends() -> None:
    """A listing is parsed as it arrives."""
    found = propfind.each(propfind.read(iter([DCACHE[:600], DCACHE[600:]]), "x"))
    assert next(found).href == "/lst/"


@given(st.integers(1, len(DCACHE) - 1))
def test_a_truncated_answer_is_an_error(length: int) -> None:
    """Half a listing is never a listing."""
    with pytest.raises((Unreachable, BadAnswer)):
        read(DCACHE[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Please log in</body></html>",
        b"<!DOCTYPE html><html></html>",
        b"",
        b"{}",
        b'<?xml version="1.0"?><D:prop xmlns:D="DAV:"/>',
        b'<multistatus xmlns="http://elsewhere/"/>',
    ],
)
def test_anything_but_a_multistatus_is_an_error(body: bytes) -> None:
    """A login page or an empty body is not an empty folder."""
    with pytest.raises(BadAnswer):
        read(body)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<D:multistatus xmlns:D="DAV:"><D:response><D:href>&b;</D:href></D:response></D:multistatus>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<D:multistatus xmlns:D="DAV:"><D:response><D:href>&e;</D:href></D:response></D:multistatus>"""


@pytest.mark.parametrize("body", [BOMB, OUTSIDE])
def test_entities_are_refused(body: bytes) -> None:
    """No document type, so no entity that grows or reads files."""
    with pytest.raises(BadAnswer, match="document type"):
        read(body)


def test_an_endless_value_is_refused() -> None:
    """Memory does not grow with what a server makes up."""
    body = b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>' + b"x" * 100_000
    with pytest.raises(BadAnswer, match="too long"):
        read(body)


def test_the_question_names_its_properties() -> None:
    """No allprop: what is asked is named, with the namespaces that dCache wants."""
    text = propfind.question((propfind.CHECKSUMS,)).decode()
    assert "allprop" not in text
    assert '<x:Checksums xmlns:x="http://www.dcache.org/2013/webdav"/>' in text
    assert "<D:getcontentlength/>" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 14 Nov 2024 10:00:01 GMT", datetime(2024, 11, 14, 10, 0, 1, tzinfo=timezone.utc)),
        ("Thu, 14 Nov 2024 11:00:01 +0100", datetime(2024, 11, 14, 10, 0, 1, tzinfo=timezone.utc)),
        ("yesterday", None),
        ("Thu, 44 Nov 2024 10:00:01 GMT", None),
        ("Thu, 14 Nov 2024 24:61:01 GMT", None),
        ("Thu, 14 Nov 2024 10.00.01 GMT", None),
        ("Thu, 04 Jan 0999 00:00:00 GMT", datetime(999, 1, 4, tzinfo=timezone.utc)),
        ("", None),
    ],
)
def test_times_are_read_or_unknown(text: str, expected: datetime | None) -> None:
    """A time that cannot be read is unknown, not an error."""
    assert propfind.moment(text) == expected


def test_digests_are_read_in_hex_and_in_base64() -> None:
    """RFC 3230 writes md5 in base64, dCache adler32 in hex, some servers md5 in hex."""
    found = digests("ADLER32=3DA0195, md5=rL0Y20zC+Fzt72VPzMSk2A==, unknown=1, sha-256=zzz")
    assert {name: sum_.value for name, sum_ in found.items()} == {
        "adler32": "03da0195",
        "md5": "acbd18db4cc2f85cedef654fccc4a4d8",
    }
    assert digests("md5=acbd18db4cc2f85cedef654fccc4a4d8")["md5"].value == "acbd18db4cc2f85cedef654fccc4a4d8"
    assert best("md5=acbd18db4cc2f85cedef654fccc4a4d8,adler32=1") == digests("adler32=00000001")["adler32"]
    assert best(None) is None
