"""What every operation of the API has in common: who may, strict queries and bodies, cursors, problem+json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from catalog.models import Project
from catalog.rules import may_anywhere, projects_where
from core import idempotency
from core.errors import BadInput, HillclimbError, NotAllowed, Problem
from exports.models import Token, Verb
from people.models import User
from people.rules import Permission

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER, required=True,
    description="1 to 200 characters, such as a UUID. The same key and request give the same answer, once.",
)  # fmt: skip


class TooLarge(HillclimbError):
    """The body is longer than it may be."""

    status = 413
    code = "too_large"
    title = "The body is too large"


class ProblemItemSerializer(serializers.Serializer[Any]):
    """One thing that is wrong: where, what, and what to do."""

    where = serializers.CharField()
    what = serializers.CharField()
    todo = serializers.CharField(allow_blank=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """problem+json (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    problems = ProblemItemSerializer(many=True, required=False)


def problems(*statuses: int) -> dict[Any, Any]:
    """The answers that any operation may give beside its own, and `statuses`, for the schema."""
    return {
        (status, "application/problem+json"): ProblemSerializer
        for status in sorted({400, 401, 403, 404, *statuses})
    }


class NewestFirst(CursorPagination):
    """Rows by their number, the newest first."""

    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the query. Raises BadInput when it is none of ours."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _bad_cursor() from None
        at = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not (at.isascii() and at.isdecimal() and len(at) < 19):
            raise _bad_cursor()
        return cursor


def _bad_cursor() -> BadInput:
    problem = Problem("cursor", "cannot be read", "Follow `next` and `previous` as they came.")
    return BadInput("The cursor is none of ours.", problems=[problem])


class AnyAccept(DefaultContentNegotiation):
    """JSON, and files as they are, whatever a client says it accepts; `?format=` means nothing here."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """JSON."""
        return renderers[0], renderers[0].media_type


class May(BasePermission):
    """The person holds the operation's permission in some project, and the token its verb. Which rows, the view decides."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the operation is open at all. Raises NotAllowed that says what is missing."""
        operation = cast(Operation, view)
        if request.method not in operation.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        verb, permission = operation.needs(request.method or "")
        token = token_of(request)
        if token is not None and verb not in token.verbs:
            raise NotAllowed(
                f"This token may not “{verb}”: it was made for {', '.join(token.verbs)}. Make another on the tokens page."
            )
        if not may_anywhere(cast(User, request.user), permission):
            raise NotAllowed(f"This needs the permission “{permission.label}” in a project. Ask its lead.")
        return True


class Operation(APIView):
    """An address of the API. Refuses query parameters that mean nothing here, so that a misspelt one is noticed.

    `known`: query parameters by method; `reads` and `writes`: verb and permission of GET and of the rest.
    """

    known: ClassVar[Mapping[str, frozenset[str]]] = {}
    reads: ClassVar[tuple[Verb, Permission]] = (Verb.READ, Permission.DOWNLOAD)
    writes: ClassVar[tuple[Verb, Permission]] = (Verb.BUILD, Permission.LEAD)
    content_negotiation_class = AnyAccept
    metadata_class = None
    permission_classes = [IsAuthenticated, May]

    def needs(self, method: str) -> tuple[Verb, Permission]:
        """Verb and permission that a method needs."""
        return self.reads if method in ("GET", "HEAD", "OPTIONS") else self.writes

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the query after sign-in."""
        super().initial(request, *args, **kwargs)
        known = self.known.get("GET" if request.method == "HEAD" else request.method or "", frozenset())
        if unknown := sorted(set(request.query_params) - known):
            allowed = ", ".join(sorted(known)) or "none"
            raise BadInput(
                "The query has parameters that mean nothing here.",
                problems=[Problem(name[:40], "is unknown", f"Known: {allowed}.") for name in unknown[:10]],
            )
        if nul := [name for name, value in request.query_params.items() if "\x00" in value]:
            raise BadInput("The query has a NUL character.", problems=[Problem(nul[0], "has a NUL character", "Remove it.")])  # fmt: skip

    def user(self) -> User:
        """The person."""
        return cast(User, self.request.user)

    def projects(self) -> QuerySet[Project]:
        """The projects that the person and the token reach with this method's permission."""
        _, permission = self.needs(self.request.method or "")
        found = projects_where(self.user(), permission)
        token = token_of(self.request)
        return found if token is None else found.filter(pk=token.project_id)

    def project(self) -> Project:
        """The project that the address names. Raises NotFound."""
        rows = self.projects().select_related("target", "rival")
        found: Project = one(rows, "project", slug=self.kwargs["slug"])
        return found

    def taken(self, kind: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked by a serializer. Raises BadInput, also for members that mean nothing; TooLarge."""
        data = self.body()
        form = kind(data=data)
        found = [
            Problem(name[:40], "is unknown", f"Known: {', '.join(form.fields)}.")
            for name in data
            if name not in form.fields
        ]
        if not form.is_valid():
            found += [Problem(name, " ".join(_said(fault)), "") for name, fault in form.errors.items()]
        if found:
            raise BadInput("The body has problems.", problems=found[:20])
        return dict(form.validated_data)

    def body(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one when there is none. Raises BadInput, TooLarge."""
        try:
            # Read before it is parsed: the idempotency key goes with the bytes.
            raw = self.request._request.body
        except RequestDataTooBig:
            raise TooLarge("The body is longer than 8 MiB.") from None
        data = self.request.data if raw else {}
        if not isinstance(data, dict):
            raise BadInput("The body must be a JSON object.", problems=[Problem("body", "is not an object", "Send {…}.")])  # fmt: skip
        return data

    def once(self, effect: Callable[[], tuple[int, dict[str, Any]]]) -> Response:
        """The answer of `effect`, which is done once for the Idempotency-Key."""
        status, body = idempotency.once(self.request._request, effect)
        headers = {"Location": str(body["url"])} if status in (201, 202) and "url" in body else None
        return Response(body, status=status, headers=headers)


def _said(fault: Any) -> list[str]:
    """The messages of a serializer's error, however deep."""
    if isinstance(fault, Mapping):
        return [said for each in fault.values() for said in _said(each)]
    return [said for each in fault for said in _said(each)] if isinstance(fault, list) else [str(fault)]


def token_of(request: Request) -> Token | None:
    """The token of a request; None for somebody signed in by a browser."""
    return request.auth if isinstance(request.auth, Token) else None


def one(rows: QuerySet[Any], what: str, **lookup: Any) -> Any:
    """The row that an address names. Raises NotFound."""
    row = rows.filter(**lookup).first()
    if row is None:
        raise NotFound(f"There is no such {what}, or none that you may see.")
    return row


def url_to(request: Request, path: str) -> str:
    """A path as an address of the site."""
    return request.build_absolute_uri(path)
