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
    factor  := name | "(" region ")" | reach "(" region "," amount "%" ")" | box | pick
    reach   := "feather" | "grow" | "shrink"
    box     := "box" "(" x y x y ")"          a rectangle with crisp edges, by two opposite corners
    pick    := "pick" "(" hint ("," hint)* ")"
    hint    := ["-"] x y | "box" x y x y      a click on the thing, with "-" on what is not it; a box around it

Names are those of `REGION_NAMES` (what perception sees) and `PLACE_NAMES`
(where in the frame, or how bright). `left`, `right`, `top` and `bottom` are ramps, so that
`sky & left` has no visible end; the exact half is `sky & box(0 0 0.5 1)`.

x and y run from 0 to 1 over the width and the height. Amounts are percent of the photo's long side,
at most MOST_PERCENT: `feather` blurs the edge over about that far to either side, `grow` and `shrink` move it.
`pick(0.42 0.31, -0.6 0.2)` is the thing at the first place, without what is at the second; `pick(box 0.1 0.2 0.5 0.9)`
is the thing in the box. Both are found anew in each photo, as all regions are.
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

MOST_PERCENT = 10.0
MOST_TOKENS = 400

T = TypeVar("T")
Value = float | int | str | bool


Click = tuple[float, float, bool]
"""x, y in 0..1, and whether the thing is there (or is not)."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each 0..1."""


@dataclass(frozen=True, slots=True)
class Node:
    """A parsed region: a leaf (name, box, pick), or an operation on one region (feather, grow, shrink) or two.

    amount   of feather, grow and shrink, percent of the long side
    """

    op: Literal["name", "+", "-", "&", "feather", "grow", "shrink", "box", "pick"]
    name: str = ""
    left: Node | None = None
    right: Node | None = None
    amount: float = 0.0
    clicks: tuple[Click, ...] = ()
    box: Box | None = None

    def names(self) -> frozenset[str]:
        """The names in it; with "everything" where it may lie anywhere, or beyond the edges of what is named."""
        if self.op == "name":
            return frozenset({self.name})
        if self.op in ("box", "pick"):
            return frozenset({"everything"})
        assert self.left is not None
        if self.right is None:
            return self.left.names() | {"everything"}
        return self.left.names() | self.right.names()


_TOKEN = re.compile(r"\s*([A-Za-z_]+|(?:\d+(?:\.\d*)?|\.\d+)%?|[()+\-&,])")
_REACHES: dict[str, Literal["feather", "grow", "shrink"]] = {"feather": "feather", "grow": "grow", "shrink": "shrink"}


def parse_region(text: str) -> Node:
    """Parse region text into a tree. Raises RegionError, one line that says what is wrong."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise RegionError(f"region {text!r}: cannot read {text[at:].strip()!r}; write e.g. 'sky - clouds'")
        tokens.append(match.group(1))
        at = match.end()
    if len(tokens) > MOST_TOKENS:
        raise RegionError(f"the region {text[:40]!r}... is too long; say it with fewer names")
    return _Parser(text, tokens).whole()


@dataclass(slots=True)
class _Parser:
    text: str
    tokens: list[str]
    position: int = 0

    def whole(self) -> Node:
        tree = self.region(0)
        if self.next is not None:
            raise self.fail(f"unexpected {self.next!r}")
        return tree

    def fail(self, why: str, instead: str = "'sky', 'sky - clouds' or 'everything - water'") -> RegionError:
        return RegionError(f"region {self.text!r}: {why}; write e.g. {instead}")

    @property
    def next(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> str:
        if self.next is None:
            raise self.fail("ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def took(self, token: str) -> bool:
        if self.next != token:
            return False
        self.position += 1
        return True

    def region(self, depth: int) -> Node:
        node = self.term(depth)
        while self.next in ("+", "-"):
            op: Literal["+", "-"] = "+" if self.take() == "+" else "-"
            node = Node(op, "", node, self.term(depth))
        return node

    def term(self, depth: int) -> Node:
        node = self.factor(depth)
        while self.took("&"):
            node = Node("&", "", node, self.factor(depth))
        return node

    def factor(self, depth: int) -> Node:
        if depth > 32:
            raise self.fail("nests too deeply")
        token = self.take()
        if token == "(":
            node = self.region(depth + 1)
            self.close()
            return node
        if token in _REACHES:
            return self.reach(_REACHES[token], depth)
        if token == "box":
            self.open("box", "'box(0 0 0.5 1)'")
            box = self.corners()
            self.close()
            return Node("box", box=box)
        if token == "pick":
            return self.pick()
        if not (token[0].isalpha() or token[0] == "_"):
            raise self.fail(f"unexpected {token!r}")
        if token not in REGION_NAMES and token not in PLACE_NAMES:
            known = ", ".join(REGION_NAMES + PLACE_NAMES)
            raise RegionError(f"region {self.text!r}: nobody knows {token!r}; known are {known}")
        return Node("name", token)

    def open(self, name: str, instead: str) -> None:
        if not self.took("("):
            raise self.fail(f"{name} needs a '('", instead)

    def close(self) -> None:
        if not self.took(")"):
            raise self.fail("a ')' is missing")

    def reach(self, op: Literal["feather", "grow", "shrink"], depth: int) -> Node:
        instead = f"'{op}(sky, 1%)'"
        self.open(op, instead)
        inner = self.region(depth + 1)
        amount = self.take() if self.took(",") and self.next is not None else ""
        if not amount.endswith("%"):
            raise self.fail(f"{op} needs a comma and an amount in percent of the long side", instead)
        if not 0 <= float(amount[:-1]) <= MOST_PERCENT:
            raise self.fail(f"{op} by {amount} is too far, the most is {MOST_PERCENT:g}%", instead)
        self.close()
        return Node(op, "", inner, amount=float(amount[:-1]))

    def pick(self) -> Node:
        instead = "'pick(0.4 0.3, -0.6 0.2)' or 'pick(box 0.1 0.2 0.5 0.9)'"
        self.open("pick", instead)
        clicks: list[Click] = []
        box: Box | None = None
        while self.next != ")":
            if self.took("box"):
                if box is not None:
                    raise self.fail("pick takes one box", instead)
                box = self.corners()
            else:
                there = not self.took("-")
                clicks.append((self.place(), self.place(), there))
            if not self.took(","):
                break
        self.close()
        if box is None and not any(there for _, _, there in clicks):
            raise self.fail("pick needs a click on the thing or a box", instead)
        return Node("pick", clicks=tuple(clicks), box=box)

    def corners(self) -> Box:
        x0, y0, x1, y1 = (self.place() for _ in range(4))
        if x0 == x1 or y0 == y1:
            raise self.fail("a box needs two opposite corners", "'box(0 0 0.5 1)'")
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def place(self) -> float:
        token = self.take()
        if not (token[0].isdigit() or token[0] == ".") or token.endswith("%") or float(token) > 1:
            raise self.fail(f"{token!r} is no place from 0 to 1", "'box(0 0 0.5 1)' or 'pick(0.4 0.3)'")
        return float(token)


def pick_text(clicks: tuple[Click, ...], box: Box | None) -> str:
    """The text of a pick, to four decimals. It may be wrong; Region says so."""

    def places(values: tuple[float, ...]) -> str:
        return " ".join(f"{round(value, 4):.4f}".rstrip("0").rstrip(".") for value in values)

    hints = [places((x, y)) if there else f"-{places((x, y))}" for x, y, there in clicks]
    if box is not None:
        (x0, x1), (y0, y1) = sorted((box[0], box[2])), sorted((box[1], box[3]))
        hints.append(f"box {places((x0, y0, x1, y1))}")
    return f"pick({', '.join(hints)})"


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
