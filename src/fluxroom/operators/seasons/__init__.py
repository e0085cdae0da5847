"""The seasons: what grows takes the colours of spring, summer, autumn or winter."""

from fluxroom.operators.seasons.autumn import AUTUMN
from fluxroom.operators.seasons.fresh import SPRING_GREEN, SUMMER_GREEN
from fluxroom.operators.seasons.winter import WINTER

__all__ = ["AUTUMN", "SPRING_GREEN", "SUMMER_GREEN", "WINTER"]
