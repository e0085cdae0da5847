"""A look: a recipe with a name, in both languages; as a file, alone or with the tables it needs.

fluxroom look: 1
key: nordic
title: {en: Nordic, zh: 北欧}
tags: [cool, soft]
about: {en: Low northern light, zh: 北方低斜的光}
recipe:
  fluxroom: 1
  seed: 0
  adjustments: ...
tables: {<hash>: <base64 of the deflated table>}      only in a look that is handed on
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, replace
from typing import Any

import yaml

from fluxroom.errors import RecipeError
from fluxroom.history import pin
from fluxroom.operators import find
from fluxroom.operators.table import Table, digest_of
from fluxroom.recipe import Recipe

FORMAT = 1
FORMAT_KEY = "fluxroom look"
MOST_BYTES = 32 << 20
MOST_TABLE = 64 << 20
_KEYS = {FORMAT_KEY, "key", "title", "tags", "about", "recipe", "tables"}


@dataclass(frozen=True, slots=True)
class Look:
    """title and about are (English, Chinese); own: the user's, not built in."""

    key: str
    title: tuple[str, str]
    tags: tuple[str, ...]
    about: tuple[str, str]
    recipe: Recipe
    own: bool = False

    def at(self, strength: float = 1.0) -> Recipe:
        """The recipe at a part of its strength, 0..1: all of its adjustments are laid on so thinly."""
        if not 0 <= strength <= 1:
            raise RecipeError(f"a look's strength goes from 0 to 1, not {strength:g}")
        said = self.title[0] if strength == 1 else f"{self.title[0]} {strength:.0%}"
        fit = tuple(
            a if find(a.operator, a.version).kind in ("frame", "retouch") else replace(a, opacity=a.opacity * strength)
            for a in self.recipe.adjustments
        )
        return replace(self.recipe, adjustments=fit, say=f"{said} look")

    def tables(self) -> tuple[str, ...]:
        """The hashes of the tables that it needs."""
        named = (str(a.parameters.get("table", "")) for a in self.recipe.adjustments if a.operator == "table")
        return tuple(dict.fromkeys(t for t in named if t))

    def to_yaml(self, tables: dict[str, bytes] | None = None) -> str:
        """The look as a file; with `tables` to be handed on."""
        data: dict[str, Any] = {
            FORMAT_KEY: FORMAT,
            "key": self.key,
            "title": {"en": self.title[0], "zh": self.title[1]},
            "tags": list(self.tags),
            "about": {"en": self.about[0], "zh": self.about[1]},
            "recipe": self.recipe.to_dict(),
        }
        if tables:
            data["tables"] = {k: base64.b64encode(zlib.compress(v, 9)).decode() for k, v in tables.items()}
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def read_look(text: str) -> tuple[Look, dict[str, bytes]]:
    """A look's file, checked in full: form, operators, ranges, tables. Raises RecipeError, one line that says why."""
    data = _plain(text)
    if not isinstance(data, dict) or FORMAT_KEY not in data:
        raise RecipeError(f"this is no look: a look's file begins with '{FORMAT_KEY}: {FORMAT}'")
    if data[FORMAT_KEY] != FORMAT:
        raise RecipeError(f"the look has format {str(data[FORMAT_KEY])[:20]!r}, this fluxroom reads {FORMAT}")
    unknown = sorted(str(k) for k in data if k not in _KEYS)
    if unknown:
        raise RecipeError(f"the look has an unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    tags = data.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
        raise RecipeError("the look's tags must be a list of words")
    key = data.get("key")
    if not isinstance(key, str) or key_of(key) != key:
        raise RecipeError("the look's key must be letters, digits and '_'")
    recipe = pin(Recipe.from_dict(data.get("recipe")))
    if not recipe.adjustments:
        raise RecipeError("the look does nothing: its recipe has no adjustments")
    title, about = _both(data, "title") or (key, key), _both(data, "about") or ("", "")
    return Look(key, title, tuple(tags), about, recipe, own=True), _tables(data.get("tables") or {})


def key_of(name: str) -> str:
    """What a look of that name is kept under: letters (of any script) and digits, small, with "_" between."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())[:60]


def _plain(text: str) -> Any:
    """YAML without references to itself, which could make a small file endless."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(text) > MOST_BYTES:
        raise RecipeError(f"the look's file is larger than {MOST_BYTES >> 20} MB")
    try:
        if any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, Loader=loader)):
            raise RecipeError("a look's file may not refer to its own parts ('*')")
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise RecipeError("the look's file is not readable YAML") from None


def _both(data: dict[str, Any], key: str) -> tuple[str, str] | None:
    value = data.get(key)
    if value is None:
        return None
    en, zh = (value.get("en"), value.get("zh")) if isinstance(value, dict) else (None, None)
    if not isinstance(en, str) or not isinstance(zh, str) or "\n" in en + zh:
        raise RecipeError(f"the look's {key} must have one line in 'en' and one in 'zh'")
    return en[:200], zh[:200]


def _tables(data: Any) -> dict[str, bytes]:
    if not isinstance(data, dict):
        raise RecipeError("the look's tables must map hashes to content")
    out = {}
    for digest, packed in data.items():
        try:
            unpack = zlib.decompressobj()
            content = unpack.decompress(base64.b64decode(str(packed), validate=True), MOST_TABLE)
            Table.from_bytes(content)
        except (ValueError, KeyError, TypeError, binascii.Error, zlib.error) as error:
            raise RecipeError(f"the look's table {str(digest)[:12]} is damaged: {error}") from None
        if digest_of(content) != digest:
            raise RecipeError(f"the look's table {str(digest)[:12]} is not what was stored under that name")
        out[digest] = content
    return out
