"""Looks: films and filters, processes of the darkroom, glows, and two lenses that no camera has to carry.

Versions 2 of `grain` and `black_and_white` stand here; versions 1 stay where they are.
"""

from fluxroom.operators.looks import (
    black_and_white,
    film_stock,
    grain,
    halation,
    long_exposure,
    orton,
    processes,
    teal_orange,
    tilt_shift,
)

__all__ = [
    "black_and_white", "film_stock", "grain", "halation", "long_exposure", "orton", "processes", "teal_orange",
    "tilt_shift",
]  # fmt: skip
