"""A dialogue about one photo: each turn refines the recipe, never the pixels of the turn before."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fluxroom.assistant import refine, say
from fluxroom.assistant.desk import Choice, Desk, Turn
from fluxroom.assistant.hear import Heard, chosen, hear, how_much, plain, quality, refining
from fluxroom.assistant.places import region_said
from fluxroom.assistant.suggest import suggest
from fluxroom.assistant.taste import as_usual
from fluxroom.assistant.things import is_it, meant, named_in
from fluxroom.describe import describe, language_of, region_in_words
from fluxroom.errors import FluxroomError, InstructionError, NothingUnderstood
from fluxroom.history import combine, names, pin
from fluxroom.language import interpret
from fluxroom.language.tagger import tag
from fluxroom.operators import find
from fluxroom.recipe import Adjustment, Recipe, Region

if TYPE_CHECKING:
    from fluxroom.api import Photo, Progress
    from fluxroom.assistant.taste import What
    from fluxroom.describe import Language
    from fluxroom.language import Interpretation

PREVIEW = 1024
"""Long side of the pictures on which two readings are tried."""
VISIBLE = 0.006
"""Two readings differ visibly if their small pictures do by more than this on average (square-root encoded)."""
_REQUEST = re.compile(
    r"^(?:please |(?:can|could|would|will) (?:you|we)|let's|请|麻烦|帮|能不能|可不可以|可?[以能](?:把|再|让|帮))"
)
_QUESTION = re.compile(
    r"^(?:is|are|was|were|does|do|did|has|have|how|what|what's|where|when|which|who|whose|why|any)\b|"
    r"有没有|是不是|是否|什么|哪里|哪儿|哪个|哪些|几个|几只|几点|多少|为什么|谁|在哪|多大|怎么样"
)


class Session(Desk):
    """A dialogue. `say` takes one turn; everything lives in the photo's history, so that it can go on another day."""

    def __init__(
        self, photo: Photo, *, review: bool = True, tries: int = 2, taste: bool = True, threads: int | None = None
    ) -> None:
        super().__init__(photo, review=review, tries=tries, taste=taste, threads=threads)
        self.turns: list[Turn] = []
        self._choices: list[Choice] = []
        self._liked: set[int] = set()

    def say(self, words: str, progress: Progress | None = None) -> Turn:
        """One turn of the dialogue. Raises FluxroomError only for what is no matter of words (files, history)."""
        language = language_of(words)
        if not words.strip():
            raise InstructionError("say what should be done, or ask something; 'help' tells what can be said")
        turn = self._turn(words, language, progress)
        turn.version = self.version
        self.turns.append(turn)
        return turn

    def _turn(self, words: str, language: Language, progress: Progress | None) -> Turn:
        waiting, self._choices = self._choices, []
        if waiting:
            at = chosen(words, len(waiting))
            if at is not None:
                pick = waiting[at]
                return self._make(pick.recipe, pick.words, language, progress, said=words)
        heard = hear(words, self._names())
        if heard is not None:
            done = self._heard(heard, words, language, progress)
            if heard.rest and done.kind in ("went", "praise"):
                after = self._turn(heard.rest, language_of(heard.rest), progress)
                after.words, after.lines = words, [*done.lines, *after.lines]
                return after
            return done
        if self._is_question(words):
            return self._answer(words, language)
        try:
            return self._refined(words, language, progress) or self._edit(words, language, progress)
        except NothingUnderstood as error:
            return Turn(words, "nothing", [str(error)])

    def _is_question(self, words: str) -> bool:
        said = plain(words)
        if _REQUEST.match(" ".join(words.lower().split())):
            return False
        marked = words.rstrip().endswith(("?", "？")) or plain(words).endswith(("吗", "么"))
        return bool(_QUESTION.search(said)) or (marked and not self._understood(words))

    def _understood(self, words: str) -> bool:
        try:
            return not interpret(words, self.photo.scene).not_understood
        except FluxroomError:
            return False

    # Edits

    def _edit(self, words: str, language: Language, progress: Progress | None) -> Turn:
        made = interpret(words, self.photo.scene)
        earlier = self.recipe
        step, usual = self._to_taste(made.recipe, words, language)
        made = replace(made, recipe=step, notes=(*made.notes, *usual))
        readings = [step]
        where = self._pointed_at(words, made)
        if where is not None:
            there = refine.confined(made.recipe, range(len(made.recipe.adjustments)), where)
            readings = [there] if _surely_it(words) else [there, made.recipe]
        wholes = [self._joined(earlier, step, words) for step in readings]
        if len(wholes) == 2 and where is not None:
            choices = self._both(wholes, where, words, language)
            if choices:
                self._choices = choices
                return Turn(words, "asked", say.which([c.text for c in choices], language), choices=choices)
        return self._make(wholes[0], words, language, progress, made)

    def _to_taste(self, step: Recipe, words: str, language: Language) -> tuple[Recipe, list[str]]:
        """As strong as the user usually likes it, unless a strength was said."""
        if self.taste is None or any(t.kind in ("number", "strength", "limit") for t in tag(words)):
            return step, []
        step, changed = self.taste.biased(step)
        return step, as_usual(changed, self.taste.leanings(), language) if changed else []

    def _joined(self, earlier: Recipe, step: Recipe, words: str) -> Recipe:
        kept = refine.without(earlier, refine.superseded(earlier, step)) if earlier.adjustments else earlier
        if not kept.adjustments and earlier.adjustments:
            return pin(replace(step, say="\n".join(w for w in (earlier.say, words) if w)))
        return pin(combine(kept, step))

    def _pointed_at(self, words: str, made: Interpretation) -> str | None:
        """The region that "it" means, if the words say "it" and the step before was about one region only."""
        if not any(t.kind == "it" or " it" in f" {t.plain}" for t in tag(words)):
            return None
        if any(a.region.text != "everything" or find(a.operator).family in _PLACED for a in made.recipe.adjustments):
            return None
        now = self.recipe.adjustments
        regions = {now[i].region.text for i in self._focus() if find(now[i].operator).family not in _PLACED}
        return regions.pop() if len(regions) == 1 and regions != {"everything"} else None

    def _both(self, wholes: list[Recipe], where: str, words: str, language: Language) -> list[Choice]:
        """Both readings with small pictures, if one can see the difference."""
        import numpy as np

        small = self.photo.small(PREVIEW)
        rendered = [small.render(whole, remember=False, threads=self.threads) for whole in wholes]
        codes = [np.sqrt(np.maximum(r.photo.profile.to_linear(r.photo.codes), 0)) for r in rendered]
        if float(np.abs(codes[0] - codes[1]).mean()) < VISIBLE:
            return []
        names = [region_in_words(Region(where), language), region_in_words(Region("everything"), language)]
        return [
            Choice(name, whole, words, result.before_after(width=1200))
            for name, whole, result in zip(names, wholes, rendered, strict=True)
        ]

    def _changed(
        self, recipe: Recipe | None, words: str, language: Language, progress: Progress | None, if_not: str
    ) -> Turn:
        """Render a changed recipe; say so if nothing changed."""
        now = self.recipe
        if recipe is None or recipe.adjustments == now.adjustments:
            return Turn(words, "nothing", [if_not])
        if not recipe.adjustments:
            return self._go(0, words, language)
        return self._make(replace(recipe, say=f"{now.say}\n{words}"), words, language, progress)

    def _refined(self, words: str, language: Language, progress: Progress | None) -> Turn | None:
        """Words about the step before or about a thing in the recipe; None if they are an edit of their own."""
        now = self.recipe
        if not now.adjustments:
            return None
        for heard in refining(words):
            made = self._refining(heard, now, words, language, progress)
            if made is not None:
                return made
        focus = self._focus()
        factor = how_much(words)
        if factor is not None and focus:
            return self._scaled(now, focus, factor, words, language, progress)
        named = named_in(words, now)
        if named is not None:
            factor = quality(words, named[0])
            if factor is not None:
                return self._scaled(now, named[1], factor, words, language, progress)
        return None

    def _scaled(
        self,
        now: Recipe,
        where: tuple[int, ...],
        factor: float,
        words: str,
        language: Language,
        progress: Progress | None,
    ) -> Turn:
        new = refine.scaled(now, where, factor)
        turn = self._changed(new, words, language, progress, say.no_further(language))
        if self.taste is not None and turn.kind == "edit":
            self.taste.notice("scaled", ((now.adjustments[i].operator, factor) for i in where))
        return turn

    def _refining(
        self, heard: Heard, now: Recipe, words: str, language: Language, progress: Progress | None
    ) -> Turn | None:
        focus = self._focus()
        if heard.kind in ("same_for", "only_there", "not_there"):
            region = region_said(heard.what)
            if region is None or not focus:
                return None
            if heard.kind == "same_for":
                new = combine(now, self._same_for(now, focus, region))
            else:
                new = (refine.confined if heard.kind == "only_there" else refine.spared)(now, focus, region)
            return self._changed(pin(new), words, language, progress, say.nothing_to_change(language))
        where = focus if not heard.what or is_it(heard.what) else meant(heard.what, now)
        if not where:
            return None
        if heard.kind == "remove":
            return self._changed(refine.without(now, where), words, language, progress, say.nothing_to_change(language))
        if heard.kind == "replace":
            return self._replaced(now, where, heard.slots["with"], words, language, progress)
        things = tuple(i for i in where if find(now.adjustments[i].operator).family in ("elements", "phenomena"))
        if not things:
            return None
        if heard.kind == "count":
            factor = 0.6 if heard.slots["how"] in ("fewer", "less", "少") else 1.5
            return self._changed(
                refine.scaled(now, things, factor), words, language, progress, say.no_further(language)
            )
        change_of = refine.resized if heard.kind == "size" else refine.moved
        placed = change_of(now, things, heard.slots["how" if heard.kind == "size" else "side"])
        return self._changed(placed, words, language, progress, say.cannot_move(language))

    def _same_for(self, now: Recipe, focus: tuple[int, ...], region: str) -> Recipe:
        """What was done in one place, for another: the same words said of it, else the same adjustments."""
        step: list[Adjustment] = []
        for reasons in dict.fromkeys(now.adjustments[i].because for i in focus):
            same = [now.adjustments[i] for i in focus if now.adjustments[i].because == reasons]
            again = self._said_of(" ".join(reasons), region)
            step += again or [
                replace(a, region=Region(region)) for a in same if find(a.operator).family not in _PLACED | {"sky"}
            ]
        return Recipe(adjustments=tuple(step), seed=now.seed)

    def _said_of(self, words: str, region: str) -> list[Adjustment]:
        """What the words would do if they named that region instead of their own."""
        quality = "".join(
            words[t.start : t.end] + (" " if t.text.isascii() else "")
            for t in tag(words)
            if t.kind not in ("region", "place", "everything")
        ).strip()
        language = language_of(quality)
        where = region_in_words(Region(region), language)
        form = "{where}{quality}" if language == "zh" else "make the {where} {quality}"
        try:
            made = interpret(form.format(where=where, quality=quality), self.photo.scene)
        except FluxroomError:
            return []
        return [] if made.not_understood else list(made.recipe.adjustments)

    def _replaced(
        self, now: Recipe, where: tuple[int, ...], other: str, words: str, language: Language, progress: Progress | None
    ) -> Turn | None:
        """One thing for another, in its place."""
        forms = ("加{}", "变成{}", "{}") if language == "zh" else ("add {}", "make it {}", "{}")
        for form in forms:
            try:
                made = interpret(form.format(other), self.photo.scene)
            except FluxroomError:
                continue
            if made.not_understood:
                continue
            old = now.adjustments[where[0]]
            place = {k: v for k, v in old.parameters.items() if k in ("x", "y")}
            fresh = tuple(
                replace(a, region=old.region, parameters={**a.parameters, **place})
                if find(a.operator).family == find(old.operator).family == "elements"
                else a
                for a in made.recipe.adjustments
            )
            rest = refine.without(now, where)
            return self._make(
                self._joined(rest, replace(made.recipe, adjustments=fresh), words), words, language, progress, made
            )
        return None

    # History and talk

    def _heard(self, heard: Heard, words: str, language: Language, progress: Progress | None) -> Turn:
        kind = heard.kind
        if kind == "undo":
            return self._undo(heard.n or 1, words, language)
        if kind == "undo_but":
            return self._undo_but(heard, words, language, progress)
        if kind == "redo":
            return self._redo(words, language)
        if kind == "original":
            return self._go(0, words, language)
        if kind == "go":
            return self._go(heard.n, words, language)
        if kind == "go_named":
            return self._go_named(heard.slots["name"], words, language)
        if kind in ("go_with", "go_before"):
            return self._go_by_thing(heard, words, language)
        if kind == "compare":
            return self._compare(heard, words, language)
        if kind == "list":
            return Turn(words, "told", say.versions(self.photo.versions(), self.version, language))
        if kind == "describe":
            lines = describe(self.recipe, language)
            return Turn(words, "told", lines or [say.untouched(language)])
        if kind == "suggest":
            return self._suggest(words, language)
        if kind == "save":
            return self._save(heard.slots.get("file"), words, language)
        if kind == "name":
            return self._name(heard.slots["name"].strip(), words, language)
        if kind == "praise":
            self._like()
            return Turn(words, "praise", [] if heard.rest else [say.glad(language)])
        if kind == "quit":
            return Turn(words, "quit")
        return Turn(words, "help", say.help_lines(language))

    def _go(self, number: int, words: str, language: Language) -> Turn:
        newest = max((v.number for v in self.photo.versions()), default=0)
        if number > newest:
            return Turn(words, "nothing", [say.no_version(number, newest, language)])
        if number == 0 and newest == 0:
            return Turn(words, "nothing", [say.untouched(language)])
        before = self.version
        self.photo.rollback(number)
        if before != number:
            self._undone.append(before)
        return Turn(words, "went", [say.at(number, describe(self._recipe(number), language), language)])

    def _names(self) -> dict[str, int]:
        """Folded name -> version."""
        return {plain(name): n for name, n in names(self._library(), self.photo.sha256).items()}

    def _go_named(self, name: str, words: str, language: Language) -> Turn:
        return self._go(self._names()[name], words, language)

    def _undo(self, steps: int, words: str, language: Language) -> Turn:
        number = self.version
        if number == 0:
            return Turn(words, "nothing", [say.untouched(language)])
        left = []
        for _ in range(steps):
            if number:
                left.append(number)
                self._notice("undone", number)
                number = self._parent(number)
        done = self._go(number, words, language)
        self._undone = [*self._undone[:-1], *left]
        return done

    def _notice(self, what: What, number: int) -> None:
        """Tell the user's taste what became of the step that made a version."""
        if self.taste is None or number == 0:
            return
        made = self._recipe(number)
        step = made.adjustments if what == "kept" else [
            made.adjustments[i] for i in refine.focus(made, self._recipe(self._parent(number)))
        ]  # fmt: skip
        self.taste.notice(what, ((name, 1.0) for name in dict.fromkeys(a.operator for a in step)))

    def _like(self) -> None:
        """The version that stands now is liked: it was praised or saved."""
        if self.version not in self._liked:
            self._liked.add(self.version)
            self._notice("kept", self.version)

    def _redo(self, words: str, language: Language) -> Turn:
        if self._undone:
            number = self._undone.pop()
        else:
            children = [v.number for v in self.photo.versions() if v.parent == self.version]
            if not children:
                return Turn(words, "nothing", [say.nothing_undone(language)])
            number = max(children)
        left = list(self._undone)
        done = self._go(number, words, language)
        self._undone = left
        return done

    def _undo_but(self, heard: Heard, words: str, language: Language, progress: Progress | None) -> Turn:
        """Back to before the step (or to the original), but with what is named."""
        now, parent = self.recipe, 0 if heard.slots.get("all") else self._parent(self.version)
        base = self._recipe(parent)
        fresh = refine.focus(now, base)
        named = {i for i in meant(heard.what, now) if i in fresh}
        region = region_said(heard.what)
        if region is not None:
            names = Region(region).tree.names()
            named |= {i for i in fresh if now.adjustments[i].region.tree.names() & names - {"everything"}}
        if not named:
            return Turn(words, "nothing", [say.not_in_step(heard.what, language)])
        rest = refine.without(now, [i for i in fresh if i not in named])
        return self._make(replace(rest, say=f"{base.say}\n{words}".strip()), words, language, progress, parent=parent)

    def _go_by_thing(self, heard: Heard, words: str, language: Language) -> Turn:
        having = [v for v in self.photo.versions() if meant(heard.what, v.recipe)]
        if not having:
            return Turn(words, "nothing", [say.never_there(heard.what, language)])
        if heard.kind == "go_before":
            return self._go(having[0].parent, words, language)
        others = [v for v in having if v.number != self.version]
        return self._go((others or having)[-1].number, words, language)

    def _compare(self, heard: Heard, words: str, language: Language) -> Turn:
        first, second = 0, self.version
        if heard.slots.get("m"):
            first, second = heard.n, _number(heard.slots["m"])
        elif heard.n:
            first = heard.n
        newest = max((v.number for v in self.photo.versions()), default=0)
        for number in (first, second):
            if number > newest:
                return Turn(words, "nothing", [say.no_version(number, newest, language)])
        from fluxroom.pictures import before_after

        one, other = (self.photo.replay(n, threads=self.threads).photo for n in (first, second))
        picture = before_after(one, other, width=1600, labels=(f"v{first}", f"v{second}"))
        lines = say.difference(self._recipe(first), self._recipe(second), first, second, language)
        return Turn(words, "compared", lines, picture=picture)

    def _answer(self, words: str, language: Language) -> Turn:
        looked_at = self.photo if self.version == 0 else self.look().opened()
        answer = looked_at.ask(words)
        return Turn(words, "answer", [answer.text], answer=answer)

    def _suggest(self, words: str, language: Language) -> Turn:
        """Ideas that the scene allows, each ready to be picked, with a small picture."""
        now = self.recipe
        liking = self.taste.liking if self.taste is not None else lambda recipe: 1.0
        done = frozenset(a.operator for a in now.adjustments)
        ideas = suggest(self.photo.scene, language, done=done, liking=liking)
        if not ideas:
            return Turn(words, "nothing", [say.no_ideas(language)])
        small = self.photo.small(PREVIEW // 2)
        choices = []
        for idea in ideas:
            whole = self._joined(now, replace(idea.recipe, say=idea.words), idea.words)
            picture = small.render(whole, remember=False, threads=self.threads).before_after(width=PREVIEW)
            choices.append(Choice(idea.words, whole, idea.words, picture))
        self._choices = choices
        lines = [f"  {i}. {idea.words} — {idea.reason}" for i, idea in enumerate(ideas, 1)]
        return Turn(words, "suggested", lines, choices=choices)

    def _save(self, file: str | None, words: str, language: Language) -> Turn:
        from fluxroom.photo import free_name

        result = self.look()
        source = self.photo.path or Path("photo.jpg")
        target = Path(file).expanduser() if file else free_name(source, f"v{self.version}")
        if not target.is_absolute() and self.photo.path is not None:
            target = self.photo.path.parent / target
        self._like()
        return Turn(words, "saved", [say.saved(result.save(target), language)], result=result)

    def _name(self, name: str, words: str, language: Language) -> Turn:
        try:
            self.photo.name(self.version, name)
        except FluxroomError as error:
            return Turn(words, "nothing", [str(error)])
        self._like()
        return Turn(words, "told", [say.named(self.version, name, language)])


_PLACED = frozenset({"elements", "frame", "phenomena"})
"""Families whose region only says where a thing goes."""


def _surely_it(words: str) -> bool:
    """In Chinese 它 points back; in English "make it warmer" is mostly said of the photo."""
    return "它" in words


def _number(text: str) -> int:
    from fluxroom.assistant.hear import number

    return number(text)
