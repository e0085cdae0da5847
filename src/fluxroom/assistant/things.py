"""What people call the things in a recipe: "the boat", "那片云", "the fog"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from fluxroom.assistant.hear import plain, words
from fluxroom.language.data import words as spelt
from fluxroom.operators import all_operators

if TYPE_CHECKING:
    from fluxroom.recipe import Recipe

_POINTING = (
    "all of the", "all the", "added", "those added", "the added", "the", "that", "those", "this", "these", "my", "our",
    "any", "some", "an", "a", "another",
    "那片", "那些", "那个", "那条", "那只", "那层", "那艘", "那盏", "那座", "这片", "这些", "这个", "这条", "那", "这",
    "所有的", "所有", "刚才加的", "新加的", "加的", "刚才的", "刚加的",
)  # fmt: skip
_IT = frozenset(
    ("it", "that", "this", "them", "those", "that one", "the last one", "this one", "it all", "them all", "all of them",
     "the lot", "the last", "它", "它们", "这个", "那个", "他", "她", "他们", "最后一个", "这", "那", "这些", "那些",
     "刚才那个", "刚加的", "最后那个")
)  # fmt: skip


_LAST = re.compile(
    r"(?:最后|刚才|刚刚|刚|最近)(?:加|放|添|做|弄)?(?:上|进去)?的?(?:那|这)?(?:一)?(?:个|只|艘|样|东西|效果)?"
    r"|the (?:last|latest|newest) (?:one|thing|bit|element|effect|addition)(?: (?:you|i|we) (?:added|put in|made))?"
    r"|him|her"
)


@lru_cache(maxsize=1)
def names() -> dict[str, tuple[str, ...]]:
    """Word -> the operators it may mean; longer words first."""
    table: dict[str, list[str]] = {}
    for operator, line in words()["things"].items():
        for word in spelt(line):
            table.setdefault(word, []).append(operator)
    for known in all_operators():
        for label in (known.label.en.lower(), known.label.zh, known.name.replace("_", " ")):
            if label and known.name not in table.setdefault(label, []):
                table[label].append(known.name)
    return {word: tuple(found) for word, found in sorted(table.items(), key=lambda pair: -len(pair[0]))}


def is_it(text: str) -> bool:
    """Whether the words only point back."""
    said = plain(text)
    return said in _IT or _LAST.fullmatch(said) is not None


def bare(text: str) -> str:
    """A name without what points at it: "那片云" is "云"."""
    said = plain(text)
    for word in _POINTING:
        if said.startswith(word) and (not word.isascii() or said[len(word) :].startswith(" ")):
            shorter = said[len(word) :].strip()
            if shorter:
                return shorter
    return said


def meant(text: str, recipe: Recipe) -> tuple[int, ...]:
    """The adjustments of the recipe that the words name, latest thing only; empty if they name none of them."""
    operators = names().get(bare(text), ())
    found = [i for i, a in enumerate(recipe.adjustments) if a.operator in operators]
    if not found:
        return ()
    latest = recipe.adjustments[found[-1]].operator
    return tuple(i for i in found if recipe.adjustments[i].operator == latest)


def named_in(text: str, recipe: Recipe) -> tuple[str, tuple[int, ...]] | None:
    """A thing of the recipe that is named somewhere in the words: its word, and its adjustments."""
    said = plain(text)
    for word in names():
        at = said.find(word)
        if at < 0:
            continue
        if word.isascii() and (
            (at and said[at - 1].isalnum()) or (at + len(word) < len(said) and said[at + len(word)].isalnum())
        ):
            continue
        found = meant(word, recipe)
        if found:
            return word, found
    return None
