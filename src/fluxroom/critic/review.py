"""Review: did what was asked happen, and nothing else, and does it still look like a photograph?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fluxroom.critic.goals import goal_claims, visible_claims
from fluxroom.critic.look import Look
from fluxroom.critic.photograph import photograph_claims
from fluxroom.critic.things import drawn_claims, kept_claims, removed_claims
from fluxroom.critic.verdict import Verdict
from fluxroom.photo import Photo
from fluxroom.recipe import Recipe
from fluxroom.render import Rendered
from fluxroom.scene import Scene


def review(photo: Photo, scene: Scene, recipe: Recipe, rendered: Rendered, planned: Rendered | None = None) -> Verdict:
    """Measure a result against the recipe, region by region.

    recipe    what was asked
    rendered  what came out, of this recipe or of one that was revised
    planned   the rendering of what was asked, whose small picture is the plan; by default `rendered`
    """
    look = Look(photo, scene, recipe, rendered, planned or rendered)
    # Two halves that share nothing but what is ready by now: numpy and OpenCV let both cores work.
    with ThreadPoolExecutor(1) as other:
        looks = other.submit(lambda: [*kept_claims(look), *photograph_claims(look)])
        claims = [*goal_claims(look), *visible_claims(look), *drawn_claims(look), *removed_claims(look)]
        return Verdict((*claims, *looks.result()))
