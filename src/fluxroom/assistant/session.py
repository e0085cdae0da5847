"""A dialogue about one photo: each turn refines the recipe, never the pixels of the turn before."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fluxroom.assistant import refine, say, steps
from fluxroom.assistant.desk import Choice, Desk, Turn
from fluxroom.assistant.hear import Heard, chosen, hear, number, plain
from fluxroom.assistant.suggest import suggest
from fluxroom.assistant.taste import as_usual
from fluxroom.assistant.things import meant
from fluxroom.describe import describe, language_of, region_in_words
from fluxroom.errors import FluxroomError, InstructionError, NothingUnderstood
from fluxroom.history import names, pin
from fluxroom.language import interpret
from fluxroom.language.tagger import tag
from fluxroom.operators import find
from fluxroom.recipe import Recipe, Region

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
_ASKS = re.compile(
    r"^(?:can|could|would) you (?:tell me|say|see|spot|find out) |^(?:你)?(?:能|可以)?(?:告诉我|看看有没有)"
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
            return self._edit(words, language, progress)
        except NothingUnderstood as error:
            return Turn(words, "nothing", [str(error)])

    def _is_question(self, words: str) -> bool:
        said = plain(words)
        if _ASKS.match(" ".join(words.lower().split())):
            return True
        if _REQUEST.match(" ".join(words.lower().split())):
            return False
        if words.rstrip().endswith(("?", "？")) or said.endswith(("吗", "么")):
            return bool(_QUESTION.search(said)) or not self._understood(words)
        if not _QUESTION.search(said) or self._understood(words):
            return False
        return steps.refined(words, self._desk(language_of(words))) is None

    def _understood(self, words: str) -> bool:
        return steps.edited_fully(words, self._desk(language_of(words))) is not None

    # Edits

    def _desk(self, language: Language) -> steps.Desk:
        """What words can refer to now."""
        before = [v.recipe for v in reversed(self.photo.versions())]
        return steps.Desk(self.recipe, self._focus(), self.photo.scene, language, before)

    def _edit(self, words: str, language: Language, progress: Progress | None) -> Turn:
        desk = self._desk(language)
        step = steps.refined(words, desk) or steps.by_clauses(words, desk, may_edit=False)
        if step is None:
            return self._said(words, desk, progress)
        if step.why:
            return Turn(words, "nothing", [step.why])
        if not step.recipe.adjustments:
            return self._go(0, words, language)
        recipe = replace(pin(step.recipe), say=_told(desk.now, words), not_understood=step.unknown)
        turn = self._make(recipe, words, language, progress, step.made)
        if self.taste is not None and step.scaled:
            self.taste.notice("scaled", step.scaled)
        return turn

    def _said(self, words: str, desk: steps.Desk, progress: Progress | None) -> Turn:
        """An edit of its own: all of it at once, else clause by clause, else as much of it as is understood."""
        whole = steps.edited_fully(words, desk)
        if whole is None:
            step = steps.by_clauses(words, desk, may_edit=True)
            if step is not None and not step.why:
                recipe = replace(pin(step.recipe), say=_told(desk.now, words))
                return self._make(recipe, words, desk.language, progress, step.made)
        made = whole.made if whole is not None else interpret(words, desk.scene)
        assert made is not None
        step_taken, usual = self._to_taste(replace(made.recipe, say=words), words, desk.language)
        made = replace(made, recipe=step_taken, notes=(*made.notes, *usual))
        readings = [step_taken]
        where = self._pointed_at(words, made)
        if where is not None:
            there = refine.confined(step_taken, range(len(step_taken.adjustments)), where)
            readings = [there] if _surely_it(words) else [there, step_taken]
        wholes = [pin(steps.joined(desk.now, reading, words)) for reading in readings]
        if len(wholes) == 2 and where is not None:
            choices = self._both(wholes, where, words, desk.language)
            if choices:
                self._choices = choices
                return Turn(words, "asked", say.which([c.text for c in choices], desk.language), choices=choices)
        return self._make(wholes[0], words, desk.language, progress, made)

    def _to_taste(self, step: Recipe, words: str, language: Language) -> tuple[Recipe, list[str]]:
        """As strong as the user usually likes it, unless a strength was said."""
        if self.taste is None or any(t.kind in ("number", "strength", "limit") for t in tag(words)):
            return step, []
        step, changed = self.taste.biased(step)
        return step, as_usual(changed, self.taste.leanings(), language) if changed else []

    def _pointed_at(self, words: str, made: Interpretation) -> str | None:
        """The region that "it" means, if the words say "it" and the step before was about one region only."""
        if not any(t.kind == "it" or " it" in f" {t.plain}" for t in tag(words)):
            return None
        if any(
            a.region.text != "everything" or find(a.operator).family in steps.PLACED for a in made.recipe.adjustments
        ):
            return None
        now = self.recipe.adjustments
        regions = {now[i].region.text for i in self._focus() if find(now[i].operator).family not in steps.PLACED}
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
        if kind == "compare_name":
            return self._shown(self._names()[heard.slots["name"]], self.version, words, language)
        if kind == "compare_named":
            both = self._names()
            return self._shown(both[heard.slots["one"]], both[heard.slots["two"]], words, language)
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
        places = {e.key for t in tag(heard.what) if (e := t.get("region")) is not None}
        wanted = {n for place in places for n in Region(place).tree.names()} - {"everything"}
        named |= {i for i in fresh if now.adjustments[i].region.tree.names() & wanted}
        if not named:
            return Turn(words, "nothing", [say.not_in_step(heard.what, language)])
        rest = refine.without(now, [i for i in fresh if i not in named])
        return self._make(replace(rest, say=f"{base.say}\n{words}".strip()), words, language, progress, parent=parent)

    def _go_by_thing(self, heard: Heard, words: str, language: Language) -> Turn:
        having = [v for v in self.photo.versions() if meant(heard.what, v.recipe)]
        counted = re.match(r"(?P<n>\w+) (?P<what>.+)", heard.what)
        if not having and counted is not None and number(counted["n"]):
            what, many = counted["what"], float(number(counted["n"]))
            having = [
                v
                for v in self.photo.versions()
                if any(v.recipe.adjustments[i].parameters.get("count", 1.0) == many for i in meant(what, v.recipe))
            ]
        if not having:
            return Turn(words, "nothing", [say.never_there(heard.what, language)])
        if heard.kind == "go_before":
            return self._go(having[0].parent, words, language)
        others = [v for v in having if v.number != self.version]
        return self._go((others or having)[-1].number, words, language)

    def _compare(self, heard: Heard, words: str, language: Language) -> Turn:
        first, second = 0, self.version
        if heard.slots.get("m"):
            first, second = heard.n, number(heard.slots["m"])
        elif heard.n:
            first = heard.n
        newest = max((v.number for v in self.photo.versions()), default=0)
        for wanted in (first, second):
            if wanted > newest:
                return Turn(words, "nothing", [say.no_version(wanted, newest, language)])
        return self._shown(first, second, words, language)

    def _shown(self, first: int, second: int, words: str, language: Language) -> Turn:
        """Two versions beside each other, and what differs."""
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
            whole = pin(steps.joined(now, replace(idea.recipe, say=idea.words), idea.words))
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


def _told(now: Recipe, words: str) -> str:
    """All that was said so far."""
    return f"{now.say}\n{words}".strip()


def _surely_it(words: str) -> bool:
    """In Chinese 它 points back; in English "make it warmer" is mostly said of the photo."""
    return "它" in words
