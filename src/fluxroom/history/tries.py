"""The tries that led to a version: each one's recipe, how it was judged, why it was made, and which one was taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fluxroom.recipe import Recipe

if TYPE_CHECKING:
    import sqlite3

    from fluxroom.history.graph import Library


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try.

    verdict   as `critic.Verdict.to_dict` gives it
    reasons   why it was made, by language ("en", "zh"); none for the first
    size      "full", or "small" where it was judged on a small picture alone
    """

    recipe: Recipe
    verdict: dict[str, Any]
    reasons: dict[str, list[str]]
    size: str
    chosen: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(), "verdict": self.verdict, "reasons": self.reasons,
            "size": self.size, "chosen": self.chosen,
        }  # fmt: skip

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Attempt:
        recipe = Recipe.from_dict(data["recipe"])
        return Attempt(recipe, data["verdict"], data["reasons"], str(data["size"]), bool(data["chosen"]))


def write_tries(
    connection: sqlite3.Connection, photo: int, number: int, attempts: Sequence[Attempt], blobs: Sequence[str]
) -> None:
    """Within the transaction that adds the version; blobs: where each one's recipe lies."""
    connection.executemany(
        "INSERT INTO tries (photo, number, place, recipe, verdict, reasons, size, chosen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (photo, number, place, blob, _json(a.verdict), _json(a.reasons), a.size, int(a.chosen))
            for place, (a, blob) in enumerate(zip(attempts, blobs, strict=True), 1)
        ],
    )


def tries(library: Library, sha256: str, number: int) -> list[Attempt]:
    """The tries of a version, in order; empty where there was only the one that it is."""
    return tries_of_all(library, sha256).get(number, [])


def tries_of_all(library: Library, sha256: str) -> dict[int, list[Attempt]]:
    """By version, for those that took more than one."""
    if not library.is_there():
        return {}
    with library.database.read() as connection:
        rows = connection.execute(
            "SELECT tries.* FROM tries JOIN photos ON photos.id = tries.photo WHERE photos.sha256 = ?"
            " ORDER BY number, place",
            (sha256,),
        ).fetchall()
    out: dict[int, list[Attempt]] = {}
    for row in rows:
        recipe = Recipe.from_yaml(library.blobs.get(row["recipe"]).decode())
        attempt = Attempt(
            recipe, json.loads(row["verdict"]), json.loads(row["reasons"]), row["size"], bool(row["chosen"])
        )
        out.setdefault(int(row["number"]), []).append(attempt)
    return out


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)
