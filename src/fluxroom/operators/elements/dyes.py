"""Colours that cloth of things put in can be asked for by name."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Param
from fluxroom.scene import Float

DYES: dict[str, Float] = {
    name: np.array(albedo, np.float32)
    for name, albedo in {
        "red": (0.42, 0.040, 0.03),
        "orange": (0.55, 0.17, 0.03),
        "yellow": (0.62, 0.40, 0.05),
        "green": (0.05, 0.20, 0.055),
        "blue": (0.045, 0.095, 0.30),
        "purple": (0.17, 0.05, 0.24),
        "white": (0.74, 0.72, 0.67),
        "black": (0.022, 0.022, 0.024),
    }.items()
}
"""Albedo, linear Rec.2020: dyed cloth that the sun has bleached a little."""

COLOR = Param("color", "any", label=Label("Colour", "颜色"), choices=("any", *DYES))
"""The parameter of operators that use them; "any" leaves the choice to the seed."""
