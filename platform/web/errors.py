"""Django's own errors as answers: problem+json where a program asked, a page where a person did."""

from __future__ import annotations

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from web.problems import PROBLEM_TYPE, wants_json

_TITLES = {
    400: "Bad request",
    403: "Not allowed",
    404: "Not found",
    500: "Something broke on our side",
    503: "Our database does not answer",
}
_CODES = {400: "bad_request", 403: "not_allowed", 404: "not_found", 500: "server_error", 503: "unavailable"}
RETRY_AFTER_S = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be understood."""
    return _answer(request, 400, "The request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, but not for this person."""
    return _answer(request, 403, "This is not open to you.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing here, or nothing that this person may know of."""
    return _answer(request, 404, "There is nothing here for you under this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is away: rendered without session or database, since either may be what broke."""
    # Django calls this while it handles the exception.
    away = isinstance(sys.exception(), OperationalError)
    status = 503 if away else 500
    if wants_json(request):
        answer = _problem(status, "Nothing of yours is lost by it. Try again.")
    else:
        answer = HttpResponse(render_to_string("500.html", {"title": _TITLES[status]}), status=status)
    if away:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if wants_json(request):
        return _problem(status, detail)
    return render(request, f"{status}.html", status=status)


def _problem(status: int, detail: str) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "code": _CODES[status],
    }
    return JsonResponse(body, status=status, content_type=PROBLEM_TYPE)
