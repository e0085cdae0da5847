"""Retouching: things, dust and wires taken out, before all else."""

from fluxroom.operators.retouch import dust, remove, wires

__all__ = ["dust", "remove", "wires"]
