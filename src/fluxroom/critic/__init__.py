"""Review, revise, and try again."""

from fluxroom.critic.repair import Revision, revise
from fluxroom.critic.review import review
from fluxroom.critic.tries import Outcome, Try, Workshop, try_again
from fluxroom.critic.verdict import Claim, Verdict

__all__ = ["Claim", "Outcome", "Revision", "Try", "Verdict", "Workshop", "review", "revise", "try_again"]
