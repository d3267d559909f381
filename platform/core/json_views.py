"""JSON endpoints of pages: a signed-in person, one method, a strict body, a plain answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from core import strict_json
from core.errors import BadInput, HillclimbError, Problem

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class SignedOut(HillclimbError):
    """The session is over."""

    status = 401
    code = "signed_out"
    title = "You are signed out"


class WrongMethod(HillclimbError):
    """The endpoint does not answer this method."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


def endpoint(*methods: str) -> Callable[[View[P]], View[P]]:
    """A view that answers `methods` to signed-in people, and problem+json to everybody else."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            # A program is asking, whatever its Accept header says: errors are problem+json.
            request.META["HTTP_ACCEPT"] = "application/json"
            if not request.user.is_authenticated:
                raise SignedOut("Sign in again in another tab, then go on here. What you wrote is kept.")
            if request.method not in methods:
                raise WrongMethod(f"This address answers {', '.join(methods)}.")
            return view(request, *args, **kwargs)

        return answer  # type: ignore[return-value]  # wraps() loses that request is positional

    return wrap


def body(request: HttpRequest) -> Mapping[str, Any]:
    """The request's JSON object. Raises BadInput."""
    value = strict_json.loads(request.body or b"{}")
    if not isinstance(value, Mapping):
        raise BadInput(
            "The body must be a JSON object.", problems=[Problem("body", "is not an object", "Send {…}.")]
        )
    return value


def text(data: Mapping[str, Any], name: str) -> str:
    """A text member, empty when absent. Raises BadInput."""
    value = data.get(name, "")
    if not isinstance(value, str):
        raise BadInput("A field has the wrong type.", problems=[Problem(name, "must be text", "")])
    return value


def whole(data: Mapping[str, Any], name: str) -> int:
    """A whole-number member. Raises BadInput."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput("A field has the wrong type.", problems=[Problem(name, "must be a whole number", "")])
    return value


def mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object member, empty when absent. Raises BadInput."""
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise BadInput("A field has the wrong type.", problems=[Problem(name, "must be an object", "")])
    return value


def reply(data: Mapping[str, Any], status: int = 200) -> JsonResponse:
    """A JSON answer that nobody caches."""
    return JsonResponse(data, status=status, headers={"Cache-Control": "no-store"})
