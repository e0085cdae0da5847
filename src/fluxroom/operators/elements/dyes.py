"""Colours that cloth of things put in can be asked for by name."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Param
from fluxroom.scene import Float

DYES: dict[str, Float] = {
    name: np.array(albedo, np.float32)
    for name, albedo in {
        "red": (0.42, 0.022, 0.018),
        "orange": (0.55, 0.140, 0.012),
        "yellow": (0.62, 0.380, 0.020),
        "green": (0.03, 0.180, 0.035),
        "blue": (0.022, 0.070, 0.320),
        "purple": (0.13, 0.008, 0.230),
        "white": (0.74, 0.72, 0.67),
        "black": (0.022, 0.022, 0.024),
    }.items()
}
"""Albedo, linear Rec.2020: dyed cloth that the sun has bleached a little."""

COLOR = Param("color", "any", label=Label("Colour", "颜色"), choices=("any", *DYES))
"""The parameter of operators that use them; "any" leaves the choice to the seed."""
