"""Review and revise."""

from fluxroom.critic.review import review, revise
from fluxroom.critic.verdict import Claim, Verdict

__all__ = ["Claim", "Verdict", "review", "revise"]
