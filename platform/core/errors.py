"""What can go wrong, said so that a person can act: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `where` names a line, a field or a path; `todo` says how to mend it."""

    where: str
    what: str
    todo: str = ""

    def as_dict(self) -> dict[str, str]:
        """The problem as the `problems` member of a problem+json answer."""
        return asdict(self)


class HillclimbError(Exception):
    """Base of every error that is shown to a person. `status` is its HTTP status, `code` its stable name."""

    status = 400
    code = "bad_request"
    title = "That did not work"

    def __init__(
        self, detail: str, *, problems: Sequence[Problem] = (), extra: dict[str, object] | None = None
    ):
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.extra = extra or {}


class BadInput(HillclimbError):
    """The input is malformed; `problems` lists every fault found. Nothing was written."""

    code = "bad_input"
    title = "The input has problems"


class NotAllowed(HillclimbError):
    """The person may not do this, for the reason given."""

    status = 403
    code = "not_allowed"
    title = "Not allowed"


class Conflict(HillclimbError):
    """The rows have moved on since the person looked."""

    status = 409
    code = "conflict"
    title = "This has changed meanwhile"


class WrongState(Conflict):
    """A transition was asked for from a state that does not allow it."""

    code = "wrong_state"
    title = "Not possible in its present state"


class KeyReused(HillclimbError):
    """An Idempotency-Key came back with another body."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"
