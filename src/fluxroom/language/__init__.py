"""Words to recipes: `interpret(text, scene=None, seed=0) -> Interpretation`. Lexicons are data, in lexicon/*.yaml."""

from fluxroom.language.interpret import Interpretation, interpret

__all__ = ["Interpretation", "interpret"]
