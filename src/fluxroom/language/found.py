"""What is found in one clause, in order: wishes, places, and the "and"s between."""

from __future__ import annotations

from dataclasses import dataclass, field

from fluxroom.language.asks import Ask
from fluxroom.language.tagger import Token


@dataclass(slots=True, eq=False)
class Where:
    """A place that was named. `lone`: only a place in the frame, no region."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    lone: bool = False
    kind: str = "region"
    excluded: bool = False


@dataclass(slots=True)
class Scan:
    items: list[Ask | Where | str] = field(default_factory=list)
    loose: list[Token] = field(default_factory=list)
    numbers: list[tuple[int, Token]] = field(default_factory=list)
    strengths: list[Token] = field(default_factory=list)
    limits: list[Token] = field(default_factory=list)

    @property
    def asks(self) -> list[Ask]:
        return [i for i in self.items if isinstance(i, Ask)]

    @property
    def wheres(self) -> list[Where]:
        return [i for i in self.items if isinstance(i, Where)]


@dataclass(slots=True)
class Pending:
    direction: int = 0
    strength: float | None = None
    too: bool = False
    lack: bool = False
    limited: bool = False
    tokens: list[Token] = field(default_factory=list)
