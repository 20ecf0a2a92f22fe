"""Entries that are made many at once are those that would be made one by one, or none are made so."""

from __future__ import annotations

import dataclasses
from itertools import repeat
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.http import Trust
from ctadata_jlab.storage import Checksum, Entry, columns, propfind
from ctadata_jlab.storage.members import Members
from ctadata_jlab.storage.propfind import Found
from ctadata_jlab.storage.shapes import Alike
from ctadata_jlab.storage.webdav import WebDav

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BASES = ("/dav/lst", "/lst", "/dav", "/dav/.hidden")
NAMES = (
    "a.h5",
    "run 1",
    "a%20b",
    "%",
    "",
    ".",
    "..",
    ".hidden",
    ".a.ctapart",
    "a/b",
    "a/",
    "a//",
    "x?y",
    "[x]",
    "x" * 254,
    "x" * 255,
    "x" * 256,
)
TEXTS = {
    propfind.SIZE: ("0", "42", "", "-1", "1_0", "x", " 7 ", "9" * 30),
    propfind.MODIFIED: (
        "Thu, 14 Nov 2024 10:00:01 GMT",
        "Thu, 14 Nov 2024 11:00:01 +0100",
        " Thu, 14 Nov 2024 10:00:02 GMT",
        "never",
        "",
    ),
    propfind.TAG: ('"a"', 'W/"a"', "a", "", ' "a" ', 'W"a"'),
    propfind.CHECKSUMS: (
        "adler32=03da0195",
        "adler32=03da0195,md5=rL0Y20zC+Fzt72VPzMSk2A==",
        "adler32=3da0195",
        "ADLER32=03DA0195",
        "md5=rL0Y20zC+Fzt72VPzMSk2A==",
        "adler32=03da0195,adler32=00000001",
        "",
    ),
    propfind.LOCALITY: ("ONLINE", "NEARLINE", "online_and_nearline", "LOST", ""),
    propfind.ROOM: ("1", ""),
}


@st.composite
def responses(draw: st.DrawFn) -> Alike:
    """Responses of one shape; most of the time most of them are plain."""
    count = draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(NAMES) | st.sampled_from(NAMES[:1]), min_size=count, max_size=count))
    bases = draw(st.lists(st.sampled_from(BASES[:1]) | st.sampled_from(BASES), min_size=count, max_size=count))
    before = draw(st.sampled_from(("", "", "", " ", "https://door", "https://door/")))
    is_folder, slash = draw(st.booleans()), draw(st.sampled_from(("/", "")))
    hrefs = [f"{before}{base}/{name}{slash if is_folder else ''}" for base, name in zip(bases, names, strict=True)]
    varying = draw(st.lists(st.sampled_from(list(TEXTS)), unique=True))
    texts = {
        name: draw(
            st.lists(st.sampled_from(TEXTS[name][:2]) | st.sampled_from(TEXTS[name]), min_size=count, max_size=count)
        )
        for name in varying
    }
    same = draw(st.lists(st.sampled_from(list(TEXTS)), unique=True))
    properties = {name: draw(st.sampled_from(TEXTS[name])).strip() for name in same}
    return Alike(Found("-0-", 200, is_folder, {**properties, **dict.fromkeys(varying, "-1-")}), hrefs, texts)


def _members(folder: str) -> Members:
    door = WebDav("door", "https://door/dav", Trust())
    members = Members(folder, "/dav/lst", folder, door._href_path, door._entry)
    members.told_by(Found("/dav/lst/", is_folder=True))
    return members


def _told(members: Members, responses: Iterable[Alike | Found]) -> Sequence[Entry] | str:
    try:
        return [entry for one in responses for entry in members.told_by(one)]
    except CtaDataError as error:
        return repr(error)


FILE = {
    propfind.SIZE: ["42", "43"],
    propfind.MODIFIED: ["Thu, 14 Nov 2024 10:00:01 GMT"] * 2,
    propfind.TAG: ['"a"', 'W/"b"'],
    propfind.CHECKSUMS: ["adler32=03da0195", "adler32=03da0196,md5=rL0Y20zC+Fzt72VPzMSk2A=="],
    propfind.LOCALITY: ["ONLINE", "NEARLINE"],
}
PLAIN = Alike(Found(properties=dict.fromkeys(FILE, "-")), ["/dav/lst/a", "/dav/lst/b"], FILE)
UNTAGGED = dataclasses.replace(PLAIN, texts={name: FILE[name] for name in (propfind.SIZE, propfind.MODIFIED)})
FOLDERS = Alike(Found(is_folder=True, properties={"DAV: resourcetype": ""}), ["/dav/lst/a/", "/dav/lst/b/"], {})


@given(responses())
@example(PLAIN)
@example(UNTAGGED)
@example(FOLDERS)
def test_entries_are_the_same_together_and_one_by_one(alike: Alike) -> None:
    """Whatever the texts are, and the errors too."""
    together, one_by_one = _told(_members("/lst"), [alike]), _told(_members("/lst"), alike.one_by_one())
    assert together == one_by_one


@pytest.mark.parametrize("alike", [PLAIN, UNTAGGED, FOLDERS])
def test_what_is_plain_is_made_together(alike: Alike) -> None:
    """Files with all that dCache tells, those of servers without tags, folders."""
    alike = dataclasses.replace(alike, model=Found("", 200, alike.model.is_folder, dict.fromkeys(alike.texts, "-")))
    made = columns.entries(alike, "/dav/lst/", "/lst/")
    assert made is not None
    assert [entry.name for entry in made] == ["a", "b"]
    assert made == _told(_members("/lst"), alike.one_by_one())


def test_values_are_as_their_constructor_makes_them() -> None:
    """Frozen, hashable, equal; and never with a field that was forgotten."""
    (made,) = columns.made(Checksum, 1, algorithm=["md5"], value=["0" * 32])
    assert made == Checksum("md5", "0" * 32)
    assert hash(made) == hash(Checksum("md5", "0" * 32))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.value = ""  # type: ignore[misc]
    with pytest.raises(TypeError, match="fields of Checksum"):
        columns.made(Checksum, 1, algorithm=repeat("md5"))
