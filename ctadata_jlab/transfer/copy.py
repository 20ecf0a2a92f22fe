"""One file from one storage to another, whole and proven, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, Changed, Corrupted, CtaDataError, NotFound, Offline
from ctadata_jlab.transfer.body import FileBody, ReaderBody, Watched
from ctadata_jlab.transfer.compare import (
    ALREADY,
    Decision,
    End,
    are_identical,
    are_one_version,
    decide,
    stat_or_none,
    with_checksum,
)
from ctadata_jlab.transfer.job import ItemState
from ctadata_jlab.transfer.part import Part, sweep
from ctadata_jlab.transfer.patience import patiently
from ctadata_jlab.transfer.progress import Watch
from ctadata_jlab.transfer.strands import pour

if TYPE_CHECKING:
    from ctadata_jlab.storage import Checksum, Entry, Reader, Receipt
    from ctadata_jlab.transfer.job import Conflict, Item

__all__ = ["End", "Outcome", "copy", "item_of", "proof_note"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: where it is now, how large it is, which version was copied, and what the user should know."""

    state: ItemState
    path: str
    size: int
    note: str
    entry: Entry | None = None
    """The version of the source that was copied; None when nothing was."""


def item_of(item: Item, outcome: Outcome) -> Item:
    """Return *item* as *outcome* has made it."""
    return replace(
        item, state=outcome.state, target=outcome.path, size=outcome.size, note=outcome.note or None, error=None
    )


def copy(source: End, target: End, *, conflict: Conflict = "ask", ticket: str, watch: Watch | None = None) -> Outcome:
    """Copy the file *source* to *target*; identical files are left alone, others are met as *conflict* says (``ask``: `AlreadyExists`).

    Repeats what is worth repeating; `Corrupted` once, from the first byte; `Changed` once, with the version that is there then.
    A write is repeated only after looking whether it has landed.
    """
    return _Copy(source, target, conflict, ticket, watch or Watch()).run()


class _Copy:
    def __init__(self, source: End, target: End, conflict: Conflict, ticket: str, watch: Watch) -> None:
        self._source = source
        self._target = target
        self._conflict = conflict
        self._ticket = ticket
        self._watch = watch
        self._once: set[type[CtaDataError]] = set()
        self._sent_to: Decision | None = None
        self._broken: Entry | None = None

    def run(self) -> Outcome:
        watch = self._watch
        return patiently(self._attempt, rest=watch.rest, worth=self._is_worth_repeating, tell=watch.trouble)

    def _is_worth_repeating(self, error: CtaDataError) -> bool:
        for kind in (Corrupted, Changed):
            if isinstance(error, kind):
                first = kind not in self._once
                self._once.add(kind)
                return first
        if isinstance(error, AlreadyExists) and self._conflict == "rename":
            return True  # the free name was taken meanwhile: there is another
        return error.retryable

    def _attempt(self) -> Outcome:
        self._watch.check()
        self._watch.state(ItemState.COPYING)
        entry = self._source.storage.stat(self._source.path)
        if entry.is_folder:
            raise NotFound(f"{paths.display(entry.path)} is a folder now, not a file.")
        if entry.online is False:
            raise Offline(f"{paths.display(entry.path)} is on tape.")
        landed = self._landed(entry)
        if landed is not None:
            return landed
        try:
            decision = self._decision(entry)
        except AlreadyExists as error:
            if self._sent_to is not None:
                error.hint = "It may be what an earlier attempt left: look at it, remove it, and try again."
            raise
        if decision.skip is not None:
            self._watch.stand(entry.size or 0)
            return Outcome(ItemState.SKIPPED, decision.path, entry.size or 0, decision.skip)
        return self._download(entry, decision) if self._end(decision).file else self._upload(entry, decision)

    def _end(self, decision: Decision) -> End:
        return End(self._target.name, self._target.storage, decision.path)

    def _decision(self, entry: Entry) -> Decision:
        there = stat_or_none(self._target.storage, self._target.path)
        if there is None:
            return Decision(self._target.path)
        if self._broken is not None and are_one_version(self._broken, there):
            return Decision(self._target.path, replace=there)
        if are_identical(self._source, entry, self._target, there, self._watch.check):
            self._sweep()
            return Decision(self._target.path, skip=ALREADY)
        return decide(self._conflict, entry, self._target, there)

    def _sweep(self) -> None:
        file = self._target.file
        if file is not None:
            sweep(file)

    def _landed(self, entry: Entry) -> Outcome | None:
        """Return the outcome when an earlier attempt's write, whose answer was lost, turns out to have succeeded."""
        if self._sent_to is None:
            return None
        end, replaced = self._end(self._sent_to), self._sent_to.replace
        there = stat_or_none(end.storage, end.path)
        if there is None or there.size != entry.size or (replaced is not None and are_one_version(there, replaced)):
            return None
        entry, there = with_checksum(self._source, entry), with_checksum(end, there)
        proof = there.checksum if entry.checksum and there.checksum and entry.checksum.matches(there.checksum) else None
        if proof is None and not self._may_be_ours(entry, end, there):
            return None
        self._watch.stand(entry.size or 0)
        return Outcome(ItemState.DONE, end.path, entry.size or 0, proof_note(proof), entry)

    def _may_be_ours(self, entry: Entry, end: End, there: Entry) -> bool:
        """Without two checksums to compare: identical as far as can be known, or of our size where the target tells no checksum at all."""
        return there.checksum is None or are_identical(self._source, entry, end, there, self._watch.check)

    def _download(self, entry: Entry, decision: Decision) -> Outcome:
        file = self._end(decision).file
        assert file is not None  # noqa: S101 — for the type checker: the caller has looked
        algorithms = (entry.checksum.algorithm,) if entry.checksum else self._source.storage.traits.checksums[:1]
        with Part(file, self._source.name, entry, algorithms) as part:
            try:
                checked = self._fill(part, entry)
            except (Corrupted, Changed):
                part.discard()
                raise
            self._watch.check()  # the checksum may have been waited for
            self._still_there(decision)
            part.commit(replace=decision.replace is not None)
        return Outcome(ItemState.DONE, decision.path, part.done, proof_note(checked), entry)

    def _fill(self, part: Part, entry: Entry) -> Checksum | None:
        part.rehash(self._watch.check)
        self._watch.stand(part.done)
        with self._source.storage.open(self._source.path, expect=entry) as reader:
            if entry.size is None or part.done < entry.size:
                self._pour(reader, part, entry)
            now = reader.entry  # it may only now be known: the storage had to sum it up
            _same_version(entry, now)
            proof = entry.checksum or now.checksum
        self._watch.state(ItemState.VERIFYING)
        return part.verify(proof)

    def _pour(self, reader: Reader, part: Part, entry: Entry) -> None:
        """Write what comes, until the user says stop."""

        def sink(data: bytes) -> None:
            self._watch.check()
            part.write(data)
            self._watch.moved(len(data))

        pour(reader, part.done, entry.size, sink, most=self._source.storage.traits.strands, spare=self._watch.spare)

    def _still_there(self, decision: Decision) -> None:
        """Before replacing: it must still be the version that the user meant."""
        if decision.replace is None:
            return
        there = stat_or_none(self._target.storage, decision.path)
        if there is not None and not are_one_version(there, decision.replace):
            raise Changed(f"{paths.display(decision.path)} was written to by somebody else.")

    def _upload(self, entry: Entry, decision: Decision) -> Outcome:
        self._watch.stand(0)
        file = self._source.file
        if file is not None:
            with FileBody(file) as body:
                return self._put(body, entry, decision)
        known = (*self._target.storage.traits.checksums, *((entry.checksum.algorithm,) if entry.checksum else ()))
        with self._source.storage.open(self._source.path, expect=entry) as reader:
            _same_version(entry, reader.entry)
            with ReaderBody(reader, _with_checksum(entry, reader.entry), known) as stream:
                return self._put(stream, entry, decision)

    def _put(self, body: FileBody | ReaderBody, entry: Entry, decision: Decision) -> Outcome:
        if entry.size is not None and body.size != entry.size:
            raise Changed(f"{paths.display(entry.path)} was written to meanwhile.")
        self._sent_to = decision
        if decision.path != self._target.path:  # whoever sweeps after a crash looks for the temporary of that name
            self._watch.state(ItemState.COPYING, decision.path)
        receipt = self._target.storage.put(
            decision.path, Watched(body, self._watch), replace=decision.replace or False, ticket=self._ticket
        )
        self._watch.state(ItemState.VERIFYING, decision.path)
        self._broken = receipt.entry
        checked = _check_receipt(receipt, body)
        self._watch.stand(body.size)
        note = proof_note(checked) + self._how(receipt)
        return Outcome(ItemState.DONE, decision.path, body.size, note, entry)

    def _how(self, receipt: Receipt) -> str:
        """Return what the user should know of how the file got its name."""
        if receipt.commit == "direct":
            return ", written straight under its name"
        is_two_steps = receipt.commit == "replace" and not self._target.storage.traits.replaces_atomically
        return ", replaced in two steps" if is_two_steps else ""


def _with_checksum(entry: Entry, opened: Entry) -> Entry:
    return entry if entry.checksum or opened.size != entry.size else opened


def _same_version(expected: Entry, opened: Entry) -> None:
    """Look a second time at what the storage promised: that the reader reads the version that was planned."""
    if not are_one_version(expected, opened):
        raise Changed(f"{paths.display(expected.path)} is no longer the version that was seen.")


def _check_receipt(receipt: Receipt, body: FileBody | ReaderBody) -> Checksum | None:
    """Compare what the target says it holds with what was read here."""
    name = paths.display(receipt.entry.path)
    if receipt.entry.size is not None and receipt.entry.size != body.size:
        raise Corrupted(f"{name} has {receipt.entry.size} bytes after {body.size} were sent.")
    stored = receipt.entry.checksum
    sent = None if stored is None else body.checksum(stored.algorithm)
    if stored is not None and sent is not None and not stored.matches(sent):
        raise Corrupted(f"{name} has {stored} after {sent} was sent.")
    return receipt.verified_by or (stored if sent is not None else None)


def proof_note(checked: Checksum | None) -> str:
    """Return in words what proved a file's bytes."""
    return "size checked only" if checked is None else f"{checked.algorithm} checked"
