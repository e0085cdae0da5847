"""Retouching: things, dust and wires taken out, before all else."""

from fluxroom.operators.retouch import remove

__all__ = ["remove"]
