"""Genera of clouds by name, in both languages."""

from __future__ import annotations

import pytest

from fluxroom.language import interpret


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("some soft clouds in the sky", "cumulus"),
        ("add fair weather clouds", "cumulus"),
        ("加几朵棉花云", "cumulus"),
        ("a mackerel sky", "altocumulus"),
        ("加入鱼鳞云", "altocumulus"),
        ("add cirrus streaks", "cirrus"),
        ("加一些卷云", "cirrus"),
        ("add stratocumulus", "stratocumulus"),
        ("加入层积云", "stratocumulus"),
        ("add thick clouds", "heavy"),
        ("加入厚重云层", "heavy"),
        ("add broken clouds", "broken"),
        ("加入碎云", "broken"),
        ("add storm clouds", "storm"),
        ("加入积雨云", "storm"),
    ],
)
def test_genera_are_understood(words: str, kind: str) -> None:
    said = interpret(words)
    made = [a for a in said.recipe.adjustments if a.operator == "clouds"]
    assert [a.parameters["kind"] for a in made] == [kind]
    assert not said.not_understood
