"""Taking small things out of a photo: what was behind them is made up from what is around them."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.retouch.hole import SEEN, Bool, groups, whole, widened
from fluxroom.operators.retouch.kinds import kinds
from fluxroom.operators.retouch.mend import Hole, Mending, Read, stretched

LARGEST = 0.10
"""Share of the frame above which its surroundings do not tell what was behind a thing."""
ONLY_ONCE = ("person", "animal", "object")
SIDES = 2
"""A hole may touch so many sides of the frame."""


def nothing(tile: object, window: Window, prepared: object) -> None:
    """Pixels are changed before all else, not in tiles; see `render.retouch`."""


def _hole(overview: Overview, parameters: Parameters) -> Bool:
    """(h, w) at preview size, as large as it can be without being refused for that."""
    thing = overview.mask > SEEN
    h, w = thing.shape
    edge = float(parameters["margin"]) / 100 * max(h, w)
    roots = np.sqrt(np.clip(overview.pixels, 0, 1)).astype(np.float32)
    least = widened(thing, edge)
    if float(parameters["belongings"]) < 0.5:
        return least
    out = np.zeros_like(thing)
    for piece in groups(thing, round(0.02 * max(h, w))):
        out |= widened(whole(roots, piece, thing & ~piece), edge)
    return out if out.mean() <= 2.4 * LARGEST else least


def _unique(overview: Overview) -> Bool:
    """(h, w) other people, animals and things: nobody wants to meet them twice."""
    out = np.zeros(overview.mask.shape, np.bool_)
    for name in ONLY_ONCE:
        mask = overview.scene.regions.get(name)
        if mask is not None and float(mask.mean(dtype=np.float64)) < 0.3:
            out |= mask > SEEN
    return widened(out, 0.003 * max(out.shape)) if out.any() else out


def _sides(hole: Bool) -> int:
    return int(hole[0].any()) + int(hole[-1].any()) + int(hole[:, 0].any()) + int(hole[:, -1].any())


def _refusal(overview: Overview, parameters: Parameters) -> str:
    share = float(overview.mask.mean(dtype=np.float64))
    if share > LARGEST:
        return (
            f"remove: it covers {share:.0%} of the photo; what is behind so large a thing (more than {LARGEST:.0%}) "
            "cannot be told from its surroundings, only a generative engine (flux) could make it up"
        )
    if _sides(_hole(overview, parameters)) > SIDES:
        return "remove: it reaches too many sides of the photo; only a generative engine (flux) could make up the rest"
    return ""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Mending | None:
    if float(parameters["amount"]) < 0.5 or not overview.mask.any() or _refusal(overview, parameters):
        return None
    kept = overview.keep >= 0.5
    hole = _hole(overview, parameters) & ~kept
    pieces = groups(hole, round(0.03 * max(hole.shape)))

    def find(read: Read, height: int, width: int) -> list[Hole]:
        return [found for piece in pieces if (found := stretched(piece, height, width)) is not None]

    return Mending(find, seed, _unique(overview), kinds(overview.scene, hole))


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if float(parameters["amount"]) < 0.5 or not overview.mask.any():
        return ()
    refusal = _refusal(overview, parameters)
    return (refusal,) if refusal else ()


register(
    Operator(
        name="remove",
        version=1,
        family="retouch",
        kind="retouch",
        label=Label("Remove", "去除物体"),
        doc="Takes a thing out and fills its place with pixels of the photo's own surroundings, at full size, before"
        " all else. What belongs to it goes with it: soft edges, what the mask missed, a shadow. Refused above a tenth"
        " of the frame.",
        params=(
            Param("amount", 1.0, 0.0, 1.0, "", Label("Amount", "程度")),
            Param("margin", 0.5, 0.1, 3.0, "% of the long side", Label("Margin", "外扩")),
            Param("belongings", 1.0, 0.0, 1.0, "", Label("With its shadow", "连同阴影")),
        ),
        prepare=_prepare,
        apply=nothing,
        region="object",
        chromatic=False,
        advise=_advise,
    )
)
