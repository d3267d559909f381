"""Errors as answers: problem+json (RFC 9457) where a program asked, a page where a person did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import BadInput, HillclimbError

PROBLEM_TYPE = "application/problem+json"


def as_problem(error: HillclimbError) -> dict[str, Any]:
    """The members of a problem+json document for `error`."""
    return {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        **({"problems": [problem.as_dict() for problem in error.problems]} if error.problems else {}),
        **error.extra,
    }


def wants_json(request: HttpRequest) -> bool:
    """Whether a program is asking: it sent JSON, asked for JSON, or called the API."""
    return (
        request.path.startswith("/api/")
        or request.content_type == "application/json"
        or "json" in request.headers.get("Accept", "")
    )


class ProblemMiddleware:
    """Turns our own errors into answers. Others go on to Django's handlers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer one of our errors in the interface it came from."""
        if isinstance(error, DataError) and "NUL" in str(error):
            error = BadInput("Text with a NUL character cannot be kept or looked for. Remove it.")
        if not isinstance(error, HillclimbError):
            return None
        if wants_json(request):
            return JsonResponse(as_problem(error), status=error.status, content_type=PROBLEM_TYPE)
        return render(request, "web/problem.html", {"problem": error}, status=error.status)


def api_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler: every API error is problem+json."""
    if isinstance(error, HillclimbError):
        return Response(as_problem(error), status=error.status, content_type=PROBLEM_TYPE)
    answer = exception_handler(error, context)
    if answer is None:
        return None
    detail = answer.data
    problems = []
    if isinstance(detail, dict) and "detail" not in detail:
        problems = [
            {"where": key, "what": " ".join(map(str, value)), "todo": ""} for key, value in detail.items()
        ]
    answer.data = {
        "type": "about:blank",
        "title": answer.status_text,
        "status": answer.status_code,
        "detail": str(detail.get("detail", "The request has problems."))
        if isinstance(detail, dict)
        else str(detail),
        "code": getattr(error, "default_code", "error"),
        **({"problems": problems} if problems else {}),
    }
    answer.content_type = PROBLEM_TYPE
    return answer
