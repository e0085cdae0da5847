"""The operators: importing this package registers all of them."""

from fluxroom.operators import color, sky, tone
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

_FAMILIES = (color, sky, tone)

__all__ = ["LUMA", "Label", "Operator", "Overview", "Param", "Window", "all_operators", "find", "register", "resolve"]
