"""Django's own errors as answers: problem+json where a program asked, a page where a person did."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from web.problems import PROBLEM_TYPE, wants_json

_TITLES = {400: "Bad request", 403: "Not allowed", 404: "Not found", 500: "Something broke on our side"}
_CODES = {400: "bad_request", 403: "not_allowed", 404: "not_found", 500: "server_error"}


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
    """500: rendered without session or database, since either may be what broke."""
    if wants_json(request):
        return _problem(500, "Nothing of yours is lost by it. Try again.")
    return HttpResponse(render_to_string("500.html"), status=500)


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
