"""What an operator is: data beside its kernel, and the registry of all of them.

An operator is one pure function, in two steps that the renderer calls:

    prepare(overview, parameters, seed) -> prepared     once, on the small whole picture
    apply(tile, window, prepared) -> None               on each tile, in place, any thread

`apply` may depend only on the tile's pixels (within `halo` of each), on the
pixel's place in the picture and on `prepared`; never on where tiles begin. So
the result is the same for any tile size and number of threads. It never sees
the mask: the renderer blends  out = before + mask * opacity * (after - before)
in linear light. With all strengths at their neutral value it is the identity.

Pixels are float32, linear light, Rec.2020 primaries, D65, 1.0 = diffuse white of
the file; values below 0 and above 1 occur and must be carried through.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fluxroom.errors import ParameterError, UnknownOperator
from fluxroom.recipe import Adjustment, Value
from fluxroom.scene import Float, Scene

LUMA = (0.2627, 0.6780, 0.0593)
"""Luminance weights of linear Rec.2020 (ITU-R BT.2020)."""

Kind = Literal["color", "pixel", "layer", "neighbourhood", "frame", "retouch"]
"""What `apply` looks at, and so what it may cost.

color          the pixel's colour alone, the same at every place: runs of these become one table
pixel          the pixel's colour and its place in the frame
layer          also smooth maps that `prepare` made small
neighbourhood  also the pixels around it, within `halo`
frame          nothing: `prepare` gives a function from a Framing to the one that it makes of it
retouch        nothing: `prepare` gives what is to be taken out, which is done before all else (`retouch.mend`)
"""


@dataclass(frozen=True, slots=True)
class Label:
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. Numbers have `low`..`high`; words have `choices`; a `digest` is a SHA-256 in hex, or ""."""

    name: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    label: Label = Label("", "")
    choices: tuple[str, ...] = ()
    digest: bool = False

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.digest:
            return "the hash of a table that the library has"
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def check(self, operator: str, value: Value) -> Value:
        """Return the value in the parameter's own type, or raise ParameterError naming the range."""
        where = f"{operator}.{self.name}"
        if self.digest:
            if not isinstance(value, str) or (value and re.fullmatch("[0-9a-f]{64}", value) is None):
                raise ParameterError(f"{where} = {value!r}: needs {self.allowed}, 64 hexadecimal digits")
            return value
        if self.choices:
            if value not in self.choices:
                raise ParameterError(f"{where} = {value!r}: choose one of {', '.join(self.choices)}")
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ParameterError(
                f"{where} = {value!r}: needs a number from {self.low:g} to {self.high:g} {self.unit}".rstrip()
            )
        if not self.low <= value <= self.high:
            raise ParameterError(
                f"{where} = {value:g} is out of range; it goes from {self.low:g} to {self.high:g} {self.unit}".rstrip()
            )
        return float(value)


@dataclass(frozen=True, slots=True)
class Window:
    """Where a tile lies: its top left pixel in a picture of image_width x image_height pixels."""

    x: int
    y: int
    width: int
    height: int
    image_width: int
    image_height: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole picture, small, as it stands before this adjustment.

    pixels   (h, w, 3) float32 linear Rec.2020; read only
    mask     (h, w) float32 0..1, where this adjustment will work; read only
    scene    what was seen in the original photo
    keep     (h, w) float32 0..1, what must not change (so also what must not be relit)
    """

    pixels: Float
    mask: Float
    scene: Scene
    keep: Float


Parameters = Mapping[str, Any]
Prepare = Callable[[Overview, Parameters, int], Any]
Apply = Callable[[NDArray[np.float32], Window, Any], None]
Halo = Callable[[Parameters, int], int]
Advise = Callable[[Overview, Parameters], tuple[str, ...]]


def no_halo(parameters: Parameters, long_side: int) -> int:
    return 0


def no_advice(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as data.

    halo    (parameters, long side of a picture) -> pixels
    blind   it looks at pixels only, never at what was seen in the photo: `prepare` needs no more of the scene than
            its size
    places  it draws things: the region says where they go, but they are drawn whole, over its edges too
    """

    name: str
    version: int
    family: str
    kind: Kind
    label: Label
    doc: str
    params: tuple[Param, ...]
    prepare: Prepare
    apply: Apply
    halo: Halo = no_halo
    region: str = "everything"
    chromatic: bool = True
    advise: Advise = no_advice
    optional: frozenset[str] = frozenset()
    blind: bool = False
    places: bool = False

    def parameters(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """Defaults filled in, everything checked. Raises ParameterError."""
        known = {p.name: p for p in self.params}
        for name in given:
            if name not in known:
                raise ParameterError(f"{self.name} has no parameter {name!r}; it has {', '.join(known) or 'none'}")
        return {p.name: p.check(self.name, given.get(p.name, p.default)) for p in self.params}


_REGISTRY: dict[str, dict[int, Operator]] = {}


def register(operator: Operator) -> Operator:
    """Add an operator; the same name and version twice is a programming error."""
    versions = _REGISTRY.setdefault(operator.name, {})
    if operator.version in versions:
        raise ValueError(f"operator {operator.name}@{operator.version} is registered twice")
    versions[operator.version] = operator
    return operator


def registry() -> dict[str, dict[int, Operator]]:
    """Name -> version -> operator, of what is registered so far."""
    return _REGISTRY


def _all() -> dict[str, dict[int, Operator]]:
    """The operators of all packs."""
    from fluxroom.packs.shelf import with_operators

    with_operators()
    return _REGISTRY


def find(name: str, version: int | None = None) -> Operator:
    """The operator of that name (newest if no version is given). Raises UnknownOperator."""
    versions = _all().get(name)
    if versions is None:
        import difflib

        near = difflib.get_close_matches(name, _all(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`fluxroom operators` lists them"
        hint += ", or a pack that has it is missing (`fluxroom packs`)"
        raise UnknownOperator(f"no operator is called {name!r}; {hint}")
    if version is None:
        return versions[max(versions)]
    if version not in versions:
        have = ", ".join(str(v) for v in sorted(versions))
        raise UnknownOperator(f"operator {name!r} has no version {version}, only {have}; a newer fluxroom may have it")
    return versions[version]


def resolve(adjustment: Adjustment) -> tuple[Operator, dict[str, Value]]:
    """Operator and full, checked parameters of an adjustment."""
    operator = find(adjustment.operator, adjustment.version)
    return operator, operator.parameters(adjustment.parameters)


def all_operators() -> list[Operator]:
    """The newest version of each, by family and name."""
    return sorted((v[max(v)] for v in _all().values()), key=lambda o: (o.family, o.name))
