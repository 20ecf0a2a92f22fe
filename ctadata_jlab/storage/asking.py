"""What moving many small files down and up have in common: the door as they see it, and questions that wait for their turn."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ctadata_jlab.curl.bundle import Errand

if TYPE_CHECKING:
    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.curl.bundle import Bundle
    from ctadata_jlab.storage import Checksum, Entry
    from ctadata_jlab.storage.dialogue import Dialogue
    from ctadata_jlab.storage.patience import Patience

__all__ = ["MOMENT", "Door", "Turns"]

MOMENT = 0.25
"""Seconds after which who waits for files hears at least that there are none."""
Question = TypeVar("Question", bound=Errand)


class Door(Protocol):
    """What moving many files needs of a door."""

    server: Dialogue
    curl: Curl

    def told(self, entry: Entry, answer: Answer) -> tuple[Entry, Checksum | None]:
        """Return *entry* as the headers of *answer* tell it now, and its checksum."""
        ...

    def destination(self, path: str) -> str:
        """Return how the server wants to read the new name of a file."""
        ...


class Turns(Generic[Question]):
    """Questions to be sent by *bundle*, never more than *most* at once, and none when the *patience* is over."""

    def __init__(self, bundle: Bundle, most: int, patience: Patience) -> None:
        self._bundle = bundle
        self._most = min(most, patience.questions)
        self._patience = patience
        self._waiting: deque[Question] = deque()
        self._asked = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, question: Question) -> None:
        """Send *question* when it is its turn."""
        question.step.patience, question.step.rest = self._patience.seconds, self._patience.rest
        self._waiting.append(question)
        self._go_on()

    def answered(self) -> None:
        """Hear that one of them has ended."""
        self._asked -= 1
        self._go_on()

    def given_up(self) -> list[Question]:
        """Return those that will not be asked any more, because the patience is over."""
        left = list(self._waiting) if self._patience.is_over else []
        if left:
            self._waiting.clear()
        return left

    def _go_on(self) -> None:
        while self._waiting and self._asked < self._most and not self._patience.is_over:
            self._asked += 1
            self._bundle.start(self._waiting.popleft())
