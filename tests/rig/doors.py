"""A storage door of the rig, and what the four servers behind such doors really do.

All of this was seen with the rig's servers (XRootD 5.5.3, Apache 2.4 mod_dav_fs, nginx 1.22 with dav-ext 3, wsgidav
4.4), asked by curl; `test_dialects.py` holds the parts that cost data or time when forgotten. HTTP/1.1 everywhere.

**PROPFIND.** All hrefs are absolute paths without a host. They are percent-encoded, except XRootD's, which are *not
encoded at all*: a file named `a%20b` and its href look alike, and unquoting it is wrong. Apache encodes in lower case
(`%c3%a9`) and leaves `+&;:@'` alone, nginx leaves `+&;:@[]'` alone, wsgidav encodes all of them: compare decoded.

=====================  ====================  ====================  ====================  =======================
of                     XRootD                Apache                nginx                 wsgidav
=====================  ====================  ====================  ====================  =======================
href of a subfolder    no slash at the end   slash                 slash                 slash
href of the folder     as it was asked for   with slash            as it was asked for   with slash
resourcetype of files  absent                empty element         empty element         empty element
size of folders        4096                  in a 404 propstat     absent                in a 404 propstat
getetag                never                 yes, weak when young  never (GET has one)   without its quotes
named properties       ignored: always all   404 propstat          unknown left out      404 propstat
no Depth               like 0                403                   like 0                403 (own rule)
Depth: infinity        like 0 (!)            403                   403                   403 (own rule)
file with a slash      500                   400                   as without            as without
nothing there          404                   404                   404                   404
dangling symlink       left out              left out              500 for the listing   left out
symlink to a folder    listed, a folder      left out              listed, a folder      left out
unreadable folder      403                   403                   500                   (runs as the tests do)
name is not UTF-8      not well-formed XML   `%e9`                 not well-formed XML   500
control character      not well-formed XML   `%01`                 not well-formed XML   not well-formed XML
=====================  ====================  ====================  ====================  =======================

**GET.** Closed ranges inside the file give 206 everywhere. XRootD: an open range `7-` gives 206 with *no bytes* and
`Content-Range: bytes 7--1/10`, a range past the end hangs up, a suffix range is ignored (200); it has neither ETag nor
Last-Modified and ignores If-Match and If-Range. In the others `If-Range` with another ETag gives 200, `If-Match` 412, a
range past the end 416, and a range of an empty file 200. A weak ETag (`W/"…"`, Apache for about 2 s after each change,
strong and else equal later) never satisfies `If-Match` or `If-Range`. wsgidav's and nginx's ETags are made of seconds
and size: two writes of one size in one second look alike. wsgidav answers a multi-range with one part only. GET of a
folder: XRootD an HTML listing with 200, Apache 404, nginx 301 then 403, wsgidav 403. HEAD of a folder the same;
XRootD says 200 with 4096 bytes.

**Digest.** `Want-Digest` is answered by XRootD (adler32, md5; adler32 for any other wish) and by wsgidav through the
demo's own layer (adler32, md5; nothing for others). Ask XRootD by HEAD: after a *GET* with `Want-Digest`, later GETs of
*other* files on other connections carry that old digest, too. Its checksums are kept by mtime in seconds: a file that
is summed up and rewritten in place within a second keeps the digest of the old bytes. On PUT nobody sends one.
Beside Content-Range its `Digest` stands after a bare newline, without a carriage return.

**PUT.** New file: 201, XRootD 200 (body `:-)`). Replaced: 204, XRootD 200. Missing parents: XRootD makes them, Apache
and wsgidav 409, nginx 500. Onto a folder: 409, wsgidav 405. `If-None-Match: *` and `If-Match` are honoured by Apache
and wsgidav only; XRootD and nginx replace regardless. `Content-Range`: Apache patches the file, nginx 501, wsgidav 400,
XRootD *replaces the file by the piece*. Content-MD5 and X-OC-Mtime are ignored by all. Chunked bodies work everywhere.
An upload that breaks off: Apache and nginx keep the old file or none (Apache writes `.davfs.tmp*` beside it, hidden
from listings; nginx outside the tree); XRootD and wsgidav write in place: truncated file, old content gone, and listed
with its size so far.
`Expect: 100-continue`: Apache decides first (401, 409 instead of 100); nginx only asks for the token first; XRootD
decides first, but its 100 and 200 carry `Connection: Close`, one connection a file; wsgidav always sends 100. XRootD
answers 423 to GET and PUT of a file that is being written. Refused without Expect, XRootD hangs up on a client that still sends.
Names of more than 255 bytes: XRootD, nginx and wsgidav 500, Apache 403.

**MKCOL.** Send a slash at the end: nginx answers 409 without. Existing folder: 405, but 201 from XRootD. Existing file:
405, but 400 from Apache if there is a slash. Missing parents: 409, but XRootD makes them.

**MOVE.** `Overwrite: F` on an existing target gives 412, but XRootD *replaces regardless*; no header means T for all.
XRootD takes Destination *as it is written*: percent-encoded, the file is called `a%20b`; it wants an absolute URL (501
for a path) and ignores its host. Apache insists on an absolute URL (400); the other two take a path, too. nginx wants
slashes at both ends for folders (400, 409) and none for files. Missing parents: Apache 500, wsgidav 409, XRootD and
nginx make them. New: 201, nginx 204 for files. Over a full folder: replaced as a whole by Apache, nginx and wsgidav,
500 from XRootD. A file over a folder with T: Apache and wsgidav remove the whole folder for it; XRootD and nginx 409.
Onto itself: 403, XRootD 201, nginx 204.

**DELETE.** Folders go with all that they hold, but XRootD removes empty ones only (500 else), and nginx insists on the
slash (409). A file with a slash: Apache 400, nginx 409, XRootD 500, wsgidav removes it. 204, XRootD 200.

**Who may.** Without a valid token 401 with `WWW-Authenticate: Bearer`; XRootD 403 without it, for an expired one, too.
No permission on the disk: 403, but on PUT into a read-only folder Apache and nginx 500.

**Names.** XRootD cuts a path at `?`, even encoded as `%3F`: PUT of `a?b` makes `a`. Everything else may be in a name.
Nobody hides dot files (Apache: `.ht*` and `.DAV` by configuration). `%2F` is a slash to XRootD and nginx, 404 else.

**Connections** are kept alive; XRootD closes after an error to GET, HEAD, PROPFIND, MKCOL and MOVE.
**COPY** is local but on XRootD, where it is a third-party copy: 201 at once, and success is the body's last line.
"""

from __future__ import annotations

import secrets
import shutil
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rig.process import User

__all__ = ["Door", "answers"]


@dataclass(frozen=True, slots=True)
class Door:
    """A running WebDAV server and the folder it serves; the `raw_` methods go behind its back.

    Paths are the storage's: absolute, `/` being the served folder. `token()` gives a bearer token the door accepts.
    """

    name: str
    url: str
    root: Path
    ca: Path | None
    token: Callable[[], str] | None
    owner: User | None = None

    def local(self, path: str) -> Path:
        """Return where *path* lies on the local disk."""
        return self.root / path.strip("/")

    def raw_put(self, path: str, content: bytes) -> None:
        """Put a file there, parents too."""
        file = self.local(path)
        self._make_folders(file.parent)
        file.write_bytes(content)
        self._own(file)

    def raw_get(self, path: str) -> bytes:
        """Return what the file holds."""
        return self.local(path).read_bytes()

    def raw_folder(self, path: str) -> None:
        """Make a folder, parents too; no error if it exists."""
        self._make_folders(self.local(path))

    def raw_remove(self, path: str) -> None:
        """Remove a file, or a folder with all that it holds; no error if there is none."""
        target = self.local(path)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def raw_exists(self, path: str) -> bool:
        """Say whether anything is there."""
        return self.local(path).exists()

    def raw_names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(entry.name for entry in self.local(path).iterdir())

    def fresh(self) -> str:
        """Make an empty folder that no other test knows, and return its path."""
        path = f"/t-{secrets.token_hex(4)}"
        self.raw_folder(path)
        return path

    def _make_folders(self, folder: Path) -> None:
        if not folder.exists():
            self._make_folders(folder.parent)
            folder.mkdir()
            self._own(folder)

    def _own(self, path: Path) -> None:
        if self.owner is not None:
            self.owner.own(path)


def answers(url: str, ca: Path | None) -> bool:
    """Say whether somebody answers there, no matter what."""
    verify = ssl.create_default_context(cafile=str(ca)) if ca else True
    try:
        httpx.get(url, verify=verify, timeout=5)
    except httpx.TransportError:
        return False
    return True
