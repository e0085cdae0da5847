"""Recipe, Adjustment, Region: the edit as data, shared by every room.

A recipe is a small YAML file, the same for history, presets, batch and replay:

    fluxroom: 1
    say: make the sky moodier, keep the sea
    seed: 7
    keep: water + sand
    adjustments:
    - operator: cloud_drama@1
      region: sky
      opacity: 1.0
      parameters: {strength: 0.8}
      because: [moodier]

Regions are *intent* in words, recomputed for each photo, never stored pixels:

    region  := term (("+" | "-") term)*       union, minus; left to right
    term    := factor ("&" factor)*           intersection
    factor  := name | "(" region ")"

Names are those of `REGION_NAMES` (what perception sees) and `PLACE_NAMES`
(where in the frame, or how bright).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import yaml

from fluxroom.errors import RecipeError, RecipeTooNew, RegionError

FORMAT = 1
"""The recipe format this version reads and writes."""

REGION_NAMES = (
    "everything",
    "sky",
    "clouds",
    "water",
    "ground",
    "sand",
    "vegetation",
    "trees",
    "grass",
    "snow",
    "rock",
    "mountain",
    "building",
    "road",
    "person",
    "animal",
    "object",
    "foreground",
)
PLACE_NAMES = (
    "left",
    "right",
    "top",
    "bottom",
    "center",
    "near_sun",
    "away_from_sun",
    "shadows",
    "midtones",
    "highlights",
)

T = TypeVar("T")
Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Node:
    """A parsed region: a name (leaf) or an operation on two regions."""

    op: Literal["name", "+", "-", "&"]
    name: str = ""
    left: Node | None = None
    right: Node | None = None

    def names(self) -> frozenset[str]:
        if self.op == "name":
            return frozenset({self.name})
        assert self.left is not None and self.right is not None
        return self.left.names() | self.right.names()


_TOKEN = re.compile(r"\s*([A-Za-z_]+|[()+\-&])")


def parse_region(text: str) -> Node:
    """Parse region text into a tree. Raises RegionError with the place of the fault."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise RegionError(f"region {text!r}: cannot read {text[at:].strip()!r}; write e.g. 'sky - clouds'")
        tokens.append(match.group(1))
        at = match.end()
    position = 0

    def fail(why: str) -> RegionError:
        return RegionError(f"region {text!r}: {why}; write e.g. 'sky', 'sky - clouds' or 'everything - water'")

    def factor(depth: int) -> Node:
        nonlocal position
        if position >= len(tokens):
            raise fail("ends too early")
        if depth > 32:
            raise fail("nests too deeply")
        token = tokens[position]
        position += 1
        if token == "(":
            node = expression(depth + 1)
            if position >= len(tokens) or tokens[position] != ")":
                raise fail("a ')' is missing")
            position += 1
            return node
        if token in ("+", "-", "&", ")"):
            raise fail(f"unexpected {token!r}")
        if token not in REGION_NAMES and token not in PLACE_NAMES:
            known = ", ".join(REGION_NAMES + PLACE_NAMES)
            raise RegionError(f"region {text!r}: nobody knows {token!r}; known are {known}")
        return Node("name", token)

    def term(depth: int) -> Node:
        nonlocal position
        node = factor(depth)
        while position < len(tokens) and tokens[position] == "&":
            position += 1
            node = Node("&", "", node, factor(depth))
        return node

    def expression(depth: int) -> Node:
        nonlocal position
        node = term(depth)
        while position < len(tokens) and tokens[position] in ("+", "-"):
            op: Literal["+", "-"] = "+" if tokens[position] == "+" else "-"
            position += 1
            node = Node(op, "", node, term(depth))
        return node

    tree = expression(0)
    if position != len(tokens):
        raise fail(f"unexpected {tokens[position]!r}")
    return tree


@dataclass(frozen=True, slots=True)
class Region:
    """Where an adjustment works, as intent. `Region("sky - clouds")`."""

    text: str = "everything"

    def __post_init__(self) -> None:
        parse_region(self.text)

    @property
    def tree(self) -> Node:
        return parse_region(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One operator with its parameters, where it works and why.

    operator    name of a registered operator
    parameters  as given; those left out take the operator's defaults
    region      intent; see `Region`
    opacity     0..1, multiplies the region's mask
    version     of the operator; None means the newest (filled in when resolved)
    seed        None: derived from the recipe's seed and the place in the list
    because     the words of the instruction that led to it
    keep        a region that this adjustment must not touch, value for value, besides the recipe's own
    """

    operator: str
    parameters: dict[str, Value] = field(default_factory=dict)
    region: Region = Region()
    opacity: float = 1.0
    version: int | None = None
    seed: int | None = None
    because: tuple[str, ...] = ()
    keep: Region | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.opacity, (int, float)) and math.isfinite(self.opacity) and 0 <= self.opacity <= 1):
            raise RecipeError(f"{self.operator}: opacity {self.opacity!r} must be a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Recipe:
    """An ordered list of adjustments, with what must not be touched.

    keep        a region that stays value for value, whatever the adjustments say
    say         the words it came from, verbatim ("" when written by hand)
    not_understood   words nobody could carry out; shown to the user
    """

    adjustments: tuple[Adjustment, ...] = ()
    keep: Region | None = None
    seed: int = 0
    say: str = ""
    not_understood: tuple[str, ...] = ()

    def with_seed(self, seed: int) -> Recipe:
        return replace(self, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"fluxroom": FORMAT}
        if self.say:
            out["say"] = self.say
        out["seed"] = self.seed
        if self.keep is not None:
            out["keep"] = self.keep.text
        if self.not_understood:
            out["not_understood"] = list(self.not_understood)
        out["adjustments"] = [_adjustment_to_dict(a) for a in self.adjustments]
        return out

    def to_yaml(self) -> str:
        data = self.to_dict()
        readable = "\x85" not in _text_of(data)  # YAML folds this one line break away unless it is escaped
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=readable, width=100)

    @staticmethod
    def from_yaml(text: str) -> Recipe:
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            where = getattr(error, "problem_mark", None)
            line = f" at line {where.line + 1}" if where is not None else ""
            raise RecipeError(f"the recipe is not readable YAML{line}; `fluxroom edit --dry-run` prints one") from None
        return Recipe.from_dict(data)

    @staticmethod
    def from_dict(data: Any) -> Recipe:
        if not isinstance(data, dict):
            raise RecipeError("a recipe is a YAML mapping with 'fluxroom' and 'adjustments'; this is not")
        fmt = data.get("fluxroom")
        if not isinstance(fmt, int) or isinstance(fmt, bool):
            raise RecipeError("the recipe does not say its format; its first line should be 'fluxroom: 1'")
        if fmt > FORMAT:
            raise RecipeTooNew(
                f"the recipe has format {fmt}, this fluxroom reads up to {FORMAT}; update fluxroom to use it"
            )
        _only_known(data, {"fluxroom", "say", "seed", "keep", "not_understood", "adjustments"}, "the recipe")
        adjustments = data.get("adjustments") or []
        if not isinstance(adjustments, list):
            raise RecipeError("'adjustments' must be a list")
        keep = data.get("keep")
        return Recipe(
            adjustments=tuple(_adjustment_from_dict(a) for a in adjustments),
            keep=None if keep is None else Region(_typed(keep, str, "keep")),
            seed=_seed(data.get("seed", 0)),
            say=_typed(data.get("say", ""), str, "say"),
            not_understood=_strings(data.get("not_understood", []), "not_understood"),
        )


def _text_of(data: Any) -> str:
    """All strings in plain data, joined."""
    if isinstance(data, dict):
        return "".join(_text_of(v) for v in data.values())
    if isinstance(data, list):
        return "".join(_text_of(v) for v in data)
    return data if isinstance(data, str) else ""


def _adjustment_to_dict(a: Adjustment) -> dict[str, Any]:
    out: dict[str, Any] = {"operator": a.operator if a.version is None else f"{a.operator}@{a.version}"}
    out["region"] = a.region.text
    if a.opacity != 1.0:
        out["opacity"] = a.opacity
    if a.parameters:
        out["parameters"] = dict(a.parameters)
    if a.seed is not None:
        out["seed"] = a.seed
    if a.keep is not None:
        out["keep"] = a.keep.text
    if a.because:
        out["because"] = list(a.because)
    return out


def _adjustment_from_dict(data: Any) -> Adjustment:
    if not isinstance(data, dict) or "operator" not in data:
        raise RecipeError("each adjustment is a mapping with an 'operator'")
    _only_known(data, {"operator", "region", "opacity", "parameters", "seed", "because", "keep"}, "an adjustment")
    name, _, version = _typed(data["operator"], str, "operator").partition("@")
    if version and not version.isdecimal():
        raise RecipeError(f"operator {data['operator']!r}: the version after '@' must be a whole number")
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(
        isinstance(k, str) and isinstance(v, (int, float, str, bool)) for k, v in parameters.items()
    ):
        raise RecipeError(f"{name}: 'parameters' must map names to numbers or words")
    seed = data.get("seed")
    opacity = data.get("opacity", 1.0)
    if isinstance(opacity, bool) or not isinstance(opacity, (int, float)):
        raise RecipeError(f"{name}: opacity {opacity!r} must be a number from 0 to 1")
    return Adjustment(
        operator=name,
        parameters=dict(parameters),
        region=Region(_typed(data.get("region", "everything"), str, "region")),
        opacity=float(opacity),
        version=int(version) if version else None,
        seed=None if seed is None else _seed(seed),
        because=_strings(data.get("because", []), "because"),
        keep=None if data.get("keep") is None else Region(_typed(data["keep"], str, "keep")),
    )


def _only_known(data: dict[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(str(k) for k in data if k not in known)
    if unknown:
        raise RecipeError(f"{what} has an unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _typed(value: Any, kind: type[T], key: str) -> T:
    if not isinstance(value, kind):
        raise RecipeError(f"{key!r} must be {kind.__name__}, not {value!r}")
    return value


def _strings(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise RecipeError(f"{key!r} must be a list of words")
    return tuple(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise RecipeError(f"seed {value!r} must be a whole number from 0 to 2^63 - 1")
    return value
