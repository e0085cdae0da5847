"""The operators: importing this package registers all of them."""

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

__all__ = ["LUMA", "Label", "Operator", "Overview", "Param", "Window", "all_operators", "find", "register", "resolve"]
