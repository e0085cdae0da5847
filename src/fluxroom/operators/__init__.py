"""The operators: importing this package registers all of them."""

from fluxroom.operators import color, detail, film, hours, looks, seasons, sky, tone
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

_FAMILIES = (tone, color, detail, film, sky, seasons, looks, hours)

__all__ = ["LUMA", "Label", "Operator", "Overview", "Param", "Window", "all_operators", "find", "register", "resolve"]
