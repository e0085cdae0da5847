"""`python -m fluxroom` is `fluxroom`."""

from fluxroom.cli import main

main()
