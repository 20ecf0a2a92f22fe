"""One upload to dCache: to a temporary name, proven there, then given its name; the receipt tells how.

What shapes it (dCache's source and issues): a PUT onto a file deletes the old one first; a redirected upload that fails leaves
its name behind, truncated or empty; MOVE with ``Overwrite: T`` deletes the target, then renames, and may die between; the REST
frontend's `mv` replaces in one transaction. A rename keeps the pnfsid in the ETag, which tells whether it happened.
"""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Literal, Protocol

from ctadata_jlab import paths
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    Cancelled,
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    NotFound,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.storage import Receipt, versions
from ctadata_jlab.storage.digest import best
from ctadata_jlab.storage.temporary import temporary

if TYPE_CHECKING:
    import httpx

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.storage import Body, Checksum, Entry
    from ctadata_jlab.storage.dialogue import Dialogue
    from ctadata_jlab.storage.frontend import Frontend

__all__ = ["Deposit"]

_WANTED = "adler32;q=1,md5;q=0.5"


class _Door(Protocol):
    """What an upload needs of dCache's door; `frontend` is None where there is none."""

    server: Dialogue
    curl: Curl

    @property
    def frontend(self) -> Frontend | None:
        """The REST frontend, if there is one."""
        ...

    def look(self, path: str) -> Entry:
        """Return what is at *path* now."""
        ...

    def rename(self, entry: Entry, target: str, *, overwrite: bool) -> httpx.Response:
        """Return the answer to MOVE."""
        ...

    def whole(self, path: str) -> str:
        """Return *path* as the server's own name space has it."""
        ...

    def stored_checksum(self, entry: Entry) -> Checksum | None:
        """Return the checksum that the server has computed, waiting a little for it; None if it does not tell."""
        ...


class Deposit:
    """The upload of *body* to *path* behind *door*, replacing what *replace* allows; *ticket* names the temporary."""

    def __init__(
        self,
        door: _Door,
        path: str,
        body: Body,
        replace: Entry | bool,
        ticket: str,
    ) -> None:
        self._door = door
        self._path = paths.remote(path)
        self._body = body
        self._replace = replace
        self._part = temporary(self._path, ticket)

    def run(self) -> Receipt:
        """Store it whole or not at all."""
        self._may_replace()
        try:
            stored, proof = self._verify(self._part, self._send())
            self._may_replace()  # the upload took its time
            self._body.read(0)  # the last moment at which it may be stopped
        except BaseException:
            self._sweep()
            raise
        commit = self._commit(stored)
        return Receipt(changed(self._landed(stored), checksum=proof), verified_by=proof, commit=commit)

    def run_directly(self) -> Receipt:
        """Store it straight under its name: for a token that may create, but not remove what a failure leaves."""
        if self._there() is not None:
            if self._replace is False:
                raise AlreadyExists(f"{self._what(self._path)} exists already.")
            raise Forbidden(f"This token may create files, but not replace {self._what(self._path)}.")
        try:
            answer = self._put(self._path, {"If-None-Match": "*"})
            stored, proof = self._verify(self._path, answer)
        except Cancelled:
            raise
        except CtaDataError as error:
            stored, proof = self._salvaged(error)
        return Receipt(changed(stored, checksum=proof), verified_by=proof, commit="direct")

    def _salvaged(self, error: CtaDataError) -> tuple[Entry, Checksum]:
        """Return what a straight upload that ended with *error* has stored, if that is whole; nothing may be there, but no half file."""
        there = self._there()
        if there is None:
            raise error
        theirs = there.checksum or self._door.stored_checksum(there)
        ours = self._body.checksum(theirs.algorithm) if theirs and there.size == self._body.size else None
        if theirs and ours and theirs.matches(ours):
            return there, ours
        raise Forbidden(
            f"{error.message} Something has that name now, and this token may not remove it: {self._what(self._path)}.",
            hint="Ask for `storage.modify`, remove what the failed upload has left, and try again.",
        ) from error

    # -- sending -------------------------------------------------------------------------------------------------------

    def _send(self) -> Answer:
        try:
            return self._put(self._part, {})
        except (NotFound, AlreadyExists):  # 409: a predecessor's temporary, where nothing may be overwritten
            self._sweep()
            return self._put(self._part, {})

    def _put(self, path: str, headers: dict[str, str]) -> Answer:
        server = self._door.server
        asked = {"Want-Digest": _WANTED, **headers}
        return self._door.curl.put(server.url(path), server.what(path), self._body, headers=asked)

    def _verify(self, path: str, answer: Answer) -> tuple[Entry, Checksum | None]:
        """Compare size and checksum of what is stored with what was sent; what plain http carried must be proven by the door."""
        stored, what = self._door.look(path), self._what(path)
        if stored.size is not None and stored.size != self._body.size:
            raise Corrupted(f"{self._body.size} bytes were sent, {stored.size} were stored: {what}.")
        in_the_open = answer.url.startswith("http:") and not self._door.server.base.startswith("http:")
        theirs = (
            stored.checksum
            or (None if in_the_open else best(answer.headers.get("digest")))
            or self._door.stored_checksum(stored)
        )
        ours = self._body.checksum(theirs.algorithm) if theirs else None
        if theirs and ours and not theirs.matches(ours):
            raise Corrupted(f"The server stored other bytes than were sent ({theirs}, sent {ours}): {what}.")
        if in_the_open and ours is None:
            raise Corrupted(f"The bytes went over plain http, and the storage has no checksum to prove them: {what}.")
        return stored, ours

    # -- taking the name -----------------------------------------------------------------------------------------------

    def _commit(self, stored: Entry) -> Literal["rename", "replace", "exchange"]:
        try:
            if self._replace is False or self._there() is None:
                self._rename(stored, overwrite=False)
                return "rename"
            frontend = self._door.frontend
            if frontend is not None and self._exchange(frontend, stored):
                return "exchange"
            self._rename(stored, overwrite=True)
        except BaseException:
            if self._replace is False or self._is_old_one_there():
                self._sweep()
            raise
        return "replace"

    def _exchange(self, frontend: Frontend, stored: Entry) -> bool:
        """Replace by REST; False where the frontend did not do it and the door is to be asked."""
        try:
            frontend.replace(self._door.whole(self._part), self._door.whole(self._path))
        except (Unreachable, NotFound, Unsupported, BadAnswer):
            return self._has_landed(stored)
        return True

    def _rename(self, stored: Entry, *, overwrite: bool) -> None:
        """Rename at the door; a lost answer is resolved by looking, and a target that was deleted for us is given its name again."""
        if self._door.server.is_xrootd and not overwrite and self._there() is not None:  # it ignores `Overwrite: F`
            raise AlreadyExists(f"{self._what(self._path)} exists already.")
        try:
            self._ask_to_rename(stored, overwrite=overwrite)
        except CtaDataError:
            if self._has_landed(stored):
                return
            if not overwrite or self._there() is not None:
                raise
            self._rescue(stored)

    def _rescue(self, stored: Entry) -> None:
        """Try once more: the old file is gone, the new one not yet there. Nothing is swept now."""
        try:
            self._ask_to_rename(stored, overwrite=False)
        except CtaDataError as error:
            if self._has_landed(stored):
                return
            where = paths.display(self._part)
            error.hint = f"The server removed the old file, but did not rename the new one: it is whole, as {where}."
            raise

    def _ask_to_rename(self, stored: Entry, *, overwrite: bool) -> None:
        answer = self._door.rename(changed(stored, path=self._part), self._path, overwrite=overwrite)
        if answer.is_error:
            raise self._door.server.failure(answer, self._path)

    # -- looking -------------------------------------------------------------------------------------------------------

    def _may_replace(self) -> None:
        if self._replace is False:
            return  # the rename refuses
        there = self._there()
        if there is None:
            if self._replace is not True:
                raise Changed(f"{self._what(self._path)} is no longer there.")
            return
        if there.is_folder:
            raise AlreadyExists(f"{self._what(self._path)} is a folder.")
        if self._replace is not True and not versions.same(self._replace, there):
            raise Changed(f"{self._what(self._path)} is no longer the version that was seen.")

    def _there(self) -> Entry | None:
        try:
            return self._door.look(self._path)
        except NotFound:
            return None

    def _is_old_one_there(self) -> bool:
        """Whether nothing was lost; as long as nobody knows, the new bytes stay."""
        try:
            return self._there() is not None
        except CtaDataError:
            return False

    def _has_landed(self, stored: Entry) -> bool:
        there = self._there()
        return there is not None and versions.same(stored, there) and not self._is_part_there()

    def _is_part_there(self) -> bool:
        try:
            self._door.look(self._part)
        except NotFound:
            return False
        return True

    def _landed(self, stored: Entry) -> Entry:
        there = self._there()
        if there is None:
            raise BadAnswer(f"The server said that it stored {self._what(self._path)}, but it is not there.")
        if not versions.same(stored, there):
            raise Changed(f"{self._what(self._path)} was replaced by somebody else at once.")
        return there

    def _sweep(self) -> None:
        """Remove our own temporary, as well as that is possible now; its name tells a successor whose it was."""
        try:
            self._door.server.ask("DELETE", self._part)
        except CtaDataError:
            return

    def _what(self, path: str) -> str:
        return self._door.server.what(path)
