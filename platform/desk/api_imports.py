"""The API of imports: a file of JSON lines goes in as the body; its import runs by itself and is looked at until it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import import_actions, import_files
from catalog.models import Import
from catalog.states import ImportStatus
from core import idempotency
from core.errors import BadInput, Problem
from desk.api_projects import LEADS
from exports.api_parts import (
    IDEMPOTENCY,
    NewestFirst,
    Operation,
    ProblemItemSerializer,
    TooLarge,
    one,
    problems,
    url_to,
)
from exports.models import Verb
from people.rules import Permission

CHUNK = 256 * 1024
MEDIA = "application/x-ndjson"


class LinesParser(BaseParser):
    """JSON lines are not parsed here: the import does that, line by line."""

    media_type = MEDIA

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The stream itself."""
        return stream


class ImportSerializer(serializers.ModelSerializer[Import]):
    """One import: how far it is, and how it ended."""

    project = serializers.CharField(source="project.slug")
    counts = serializers.DictField(child=serializers.IntegerField())
    problems = ProblemItemSerializer(
        many=True, help_text="The first 200; `counts.problems` says how many there are."
    )
    is_over = serializers.SerializerMethodField(help_text="Whether it is done or refused.")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Import
        fields = [
            "id", "project", "file_name", "update", "status", "phase", "lines_done", "lines_total", "is_over", "counts",
            "problems", "created_at", "finished_at", "url",
        ]  # fmt: skip

    def get_is_over(self, row: Import) -> bool:
        """Whether there is nothing to wait for."""
        return row.status in (ImportStatus.DONE, ImportStatus.REFUSED)

    def get_url(self, row: Import) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:import", args=[row.pk]))


class Imports(Operation, ListAPIView[Import]):
    """A project's imports, newest first. Open to its leads."""

    known = {"GET": frozenset({"cursor"}), "POST": frozenset({"file_name", "update"})}
    reads = LEADS
    writes = (Verb.IMPORT, Permission.LEAD)
    serializer_class = ImportSerializer
    pagination_class = NewestFirst
    parser_classes = [LinesParser]

    def get_queryset(self) -> QuerySet[Import]:
        """The project's imports."""
        if getattr(self, "swagger_fake_view", False):
            return Import.objects.none()
        return self.project().imports.select_related("project")

    @extend_schema(operation_id="imports_list", tags=["imports"], responses={200: ImportSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List imports."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="imports_create",
        tags=["imports"],
        parameters=[
            IDEMPOTENCY,
            OpenApiParameter("file_name", OpenApiTypes.STR, description="As lists shall show it."),
            OpenApiParameter("update", OpenApiTypes.STR, enum=["true", "false"], description="Replace changed prompts nobody works on yet."),
        ],
        request={MEDIA: OpenApiTypes.BINARY},
        responses={202: ImportSerializer, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request, slug: str) -> Response:
        """Import prompts: the body is the file, one JSON object a line. Answers at once; follow `url` until `is_over`."""
        project, user = self.project(), self.user()
        asked = request.query_params
        if (update := asked.get("update", "false")) not in ("true", "false"):
            raise BadInput("The query has a value that means nothing here.", problems=[Problem("update", "must be true or false", "")])  # fmt: skip
        name = "".join(c for c in asked.get("file_name", "") if c.isprintable())[-200:] or "by the API"
        with TemporaryFile() as kept:
            mark = f"{request.method} {request.get_full_path()}\n".encode()
            digest = hashlib.sha256(mark)
            for chunk in _chunks(request):
                digest.update(chunk)
                kept.write(chunk)
            if kept.tell() == 0:
                raise BadInput("The body is empty.", problems=[Problem("body", "is empty", "Send the file, one prompt a line.")])  # fmt: skip
            made: list[Import] = []

            def effect() -> tuple[int, dict[str, Any]]:
                kept.seek(0)
                pieces = iter(lambda: kept.read(CHUNK), b"")
                row = import_actions.request_import(
                    project=project, chunks=pieces, file_name=name, update=update == "true", by=user
                )
                made.append(row)
                row.refresh_from_db()
                return 202, dict(ImportSerializer(row, context={"request": request}).data)

            stands: object = None
            try:
                status, body = idempotency.once(request._request, effect, mark=digest.hexdigest())
                stands = body["id"]
            finally:
                for row in made:
                    # The key was used before, so this import was undone: its file belongs to nothing.
                    if row.pk != stands:
                        import_files.discard(row.path)
        return Response(body, status=status, headers={"Location": str(body["url"])})


def _chunks(request: Request) -> Iterator[bytes]:
    """The body in pieces. Raises TooLarge."""
    stream, total = request.data, 0
    if not hasattr(stream, "read"):
        return
    while chunk := stream.read(CHUNK):
        total += len(chunk)
        if total > settings.IMPORT_MAX_BYTES:
            raise TooLarge(
                f"The file is longer than {settings.IMPORT_MAX_BYTES:,} bytes. Import it in smaller files."
            )
        yield chunk


class ImportDetail(Operation):
    """One import. Open to the leads of its project."""

    reads = LEADS

    @extend_schema(tags=["imports"], responses={200: ImportSerializer, **problems()})
    def get(self, request: Request, pk: int) -> Response:
        """Look at an import."""
        rows = Import.objects.filter(project__in=self.projects()).select_related("project")
        return Response(ImportSerializer(one(rows, "import", pk=pk), context={"request": request}).data)
