"""The operators: importing this package registers all of them."""

from fluxroom.operators import (
    color,
    detail,
    elements,
    film,
    frame,
    frame_compose,
    frame_upright,
    hours,
    light,
    looks,
    phenomena,
    retouch,
    seasons,
    sky,
    table,
    tone,
    weather,
)
from fluxroom.operators.declare import (
    LUMA,
    Label,
    Operator,
    Overview,
    Param,
    Window,
    all_operators,
    find,
    register,
    resolve,
)

_FAMILIES = (
    tone,
    color,
    detail,
    film,
    sky,
    light,
    elements,
    looks,
    table,
    phenomena,
    seasons,
    hours,
    weather,
    retouch,
    frame,
    frame_upright,
    frame_compose,
)

__all__ = ["LUMA", "Label", "Operator", "Overview", "Param", "Window", "all_operators", "find", "register", "resolve"]
