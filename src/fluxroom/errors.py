"""Every error that fluxroom raises on purpose, in one tree.

    FluxroomError                  something went wrong            exit code 1
    ├── InputError                 what was given cannot be used   exit code 2
    │   ├── PhotoError             the file is no photo we can open
    │   │   └── PhotoTooLarge      over the pixel limit
    │   ├── RecipeError            a recipe cannot be carried out
    │   │   ├── UnknownOperator
    │   │   ├── ParameterError     unknown, of the wrong type or out of range
    │   │   ├── RegionError        a region nobody knows, or bad region text
    │   │   └── RecipeTooNew       written by a newer format
    │   ├── InstructionError       the words cannot become a recipe
    │   │   ├── NothingUnderstood
    │   │   └── Contradiction
    │   ├── OutputError            the result cannot be written there
    │   │   └── OutputExists
    │   ├── EyeUnusable            the eye asked for is not to be had: package, weights, address
    │   └── VersionNotFound        no such version in the history
    ├── EyeFailed                  a bigger eye gave no answer: out of memory, server down
    └── HistoryError               the library itself is damaged or unreadable

A message is one line: what is wrong, why, and what to do about it.
"""

from __future__ import annotations


class FluxroomError(Exception):
    """Base of all; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(FluxroomError):
    exit_code = 2


class PhotoError(InputError):
    pass


class PhotoTooLarge(PhotoError):
    pass


class RecipeError(InputError):
    pass


class UnknownOperator(RecipeError):
    pass


class ParameterError(RecipeError):
    pass


class RegionError(RecipeError):
    pass


class RecipeTooNew(RecipeError):
    pass


class InstructionError(InputError):
    pass


class NothingUnderstood(InstructionError):
    pass


class Contradiction(InstructionError):
    pass


class OutputError(InputError):
    pass


class OutputExists(OutputError):
    pass


class EyeUnusable(InputError):
    pass


class VersionNotFound(InputError):
    pass


class EyeFailed(FluxroomError):
    pass


class HistoryError(FluxroomError):
    pass
