"""Where words put what shows in the sky: a moon "above the mountain" is in the sky, one "on the left" left in it."""

from __future__ import annotations

from fluxroom.language.lexicon import Action
from fluxroom.language.places import made_of

HEAVENLY = frozenset({"stars", "star_trails", "meteors", "milky_way", "moon", "aurora", "rainbow", "lightning"})
_PLACED = frozenset({"milky_way", "moon", "rainbow", "lightning", "cast_light", "meteors", "star_trails"})
"""What takes its place as a number."""
_ACROSS = {"left": 0.25, "center": 0.5, "right": 0.75}


def in_the_sky(actions: tuple[Action, ...], where: str | None) -> tuple[tuple[Action, ...], str | None]:
    """The actions, and where they work, for what shows in the sky and is said to be somewhere.

    Single things get their place as a number, for a soft half of the frame would dim them; what fills the sky keeps to
    the named side. What the sentence leaves out ("everything - water") stays left out.
    """
    if where is None or where == "everything" or not any(a.operator in HEAVENLY for a in actions):
        return actions, where
    if where.startswith("everything - "):
        without = where.removeprefix("everything")
        return tuple(Action(a.operator, a.parameters, (a.region or "sky") + without) for a in actions), None
    sides = sorted(made_of(where) & _ACROSS.keys())
    return tuple(_at(a, sides[0]) if sides and a.operator in HEAVENLY | _PLACED else a for a in actions), None


def _at(action: Action, side: str) -> Action:
    if action.operator in _PLACED:
        return Action(action.operator, action.parameters | {"x": _ACROSS[side]}, action.region)
    return Action(action.operator, action.parameters, f"({action.region or 'sky'}) & {side}")
