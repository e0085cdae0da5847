"""The command line: a thin face over `fluxroom.api`. One file a group of commands.

Exit codes: 0 done, 1 something went wrong, 2 what was given cannot be used,
130 stopped by Ctrl-C. What goes wrong is one line on stderr.
"""

from __future__ import annotations

from fluxroom.cli.main import main

__all__ = ["main"]
