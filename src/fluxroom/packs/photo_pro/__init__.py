"""Landscape and portrait work: skin tone, grading by depth, looks."""
