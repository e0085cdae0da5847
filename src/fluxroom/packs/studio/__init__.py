"""Product and tabletop work: an even background, grey card, colour checker."""
