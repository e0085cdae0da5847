"""What every eye can do, the embedded one and bigger ones alike. The bigger ones live in `engines/eyes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fluxroom.perception.questions.reply import Answer, Box
from fluxroom.photo import Photo


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was pointed at.

    label       what the eye calls it
    box         (x0, y0, x1, y1) normalised
    confidence  0..1
    """

    label: str
    box: Box
    confidence: float


class Eye(Protocol):
    """Answers questions about photos. What it cannot do at all it says with an error of one line.

    name     which eye it is, for people
    licence  of its weights, as their own files tell it; "" where they do not
    notice   what the user must know before it looks, one line; "" if nothing
    """

    name: str
    licence: str
    notice: str

    def answer(self, photo: Photo, question: str) -> Answer:
        """One sentence in the question's language. The same photo and question give the same answer."""
        ...


@runtime_checkable
class Pointer(Protocol):
    """An eye that can also point at what words name; not every eye can."""

    def locate(self, photo: Photo, words: str) -> list[Found]:
        """Where what the words name is to be seen; empty if nowhere."""
        ...
