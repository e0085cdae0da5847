"""The partner at the next desk: a dialogue about one photo."""

from fluxroom.assistant.desk import Choice, Turn
from fluxroom.assistant.session import Session

__all__ = ["Choice", "Session", "Turn"]
