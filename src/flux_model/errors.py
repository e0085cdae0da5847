"""What can go wrong in `flux_model`, each with one clear line."""

from __future__ import annotations


class FluxModelError(Exception):
    """The root of all."""


class CheckpointError(FluxModelError):
    """A checkpoint is missing, damaged, or not for this model."""


class InputError(FluxModelError, ValueError):
    """An argument that cannot be used: wrong shape, type or range."""


class MissingExtra(FluxModelError, ImportError):
    """Something that an extra installs is not there."""


class CannotDo(FluxModelError):
    """No engine at hand can do what was asked."""
