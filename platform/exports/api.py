"""The API of releases, for ML teams: list, look, download."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.rules import may_anywhere
from core.errors import BadInput, Problem
from exports.models import Release, ReleaseFile, Token
from exports.rules import visible
from exports.states import ReleaseStatus
from exports.views import gone, send
from people.models import User
from people.rules import Permission


class MayDownload(BasePermission):
    """Holds the download permission in some project; which releases, `visible` decides."""

    message = "Releases are open to ML users and leads of a project."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the person may download anything at all."""
        return may_anywhere(cast(User, request.user), Permission.DOWNLOAD)


def _token(request: Request) -> Token | None:
    return request.auth if isinstance(request.auth, Token) else None


def _found(releases: QuerySet[Release], pk: int) -> Release:
    release = releases.filter(pk=pk).first()
    if release is None:
        raise NotFound("There is no such release, or none that you may see.")
    return release


class FileSerializer(serializers.ModelSerializer[ReleaseFile]):
    """One file of a release."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ReleaseFile
        fields = ["path", "sha256", "byte_size", "row_count", "url"]

    def get_url(self, file: ReleaseFile) -> str:
        """Where to fetch it."""
        path = reverse("api:file", args=[file.release_id, file.path])
        return cast(str, self.context["request"].build_absolute_uri(path))


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A release as lists show it."""

    name = serializers.CharField(source="recipe.name")
    project = serializers.CharField(source="project.slug")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = [
            "id", "name", "project", "version", "status", "published_at", "withdrawn_at", "withdrawn_reason",
            "manifest_sha256", "url",
        ]  # fmt: skip

    def get_url(self, release: Release) -> str:
        """Where to look at it."""
        return cast(
            str, self.context["request"].build_absolute_uri(reverse("api:release", args=[release.pk]))
        )


class ReleaseDetailSerializer(ReleaseSerializer):
    """A release with its manifest and files."""

    manifest = serializers.JSONField()
    files = FileSerializer(many=True)

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "manifest", "files"]


class ProblemSerializer(serializers.Serializer[Any]):
    """problem+json (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()


class NewestFirst(CursorPagination):
    """Releases, newest first."""

    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the query. Raises BadInput when it is none of ours."""
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise BadInput(
                "The cursor is none of ours.",
                problems=[Problem("cursor", "cannot be read", "Follow `next` and `previous` as they came.")],
            ) from None


class AnyAccept(BaseContentNegotiation):
    """JSON, and files as they are, whatever a client says it accepts; `?format=` means nothing here."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """There is no body to parse."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """JSON."""
        return renderers[0], renderers[0].media_type


_PROBLEMS = {
    (status, "application/problem+json"): ProblemSerializer for status in (400, 401, 403, 404, 410, 503)
}


class StrictQuery(APIView):
    """Refuses query parameters that mean nothing here, so that a misspelt one is noticed."""

    known: frozenset[str] = frozenset()
    content_negotiation_class = AnyAccept

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the query after sign-in."""
        super().initial(request, *args, **kwargs)
        if unknown := sorted(set(request.query_params) - self.known):
            allowed = ", ".join(sorted(self.known)) or "none"
            raise BadInput(
                "The query has parameters that mean nothing here.",
                problems=[Problem(name[:40], "is unknown", f"Known: {allowed}.") for name in unknown[:10]],
            )


class Releases(StrictQuery, ListAPIView[Release]):
    """Releases of your projects, newest first."""

    known = frozenset({"cursor"})
    permission_classes = [IsAuthenticated, MayDownload]
    serializer_class = ReleaseSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """What the person, and the token if there is one, may see."""
        if getattr(self, "swagger_fake_view", False):
            return Release.objects.none()
        releases = visible(cast(User, self.request.user), _token(self.request))
        return releases.select_related("recipe", "project")

    @extend_schema(responses={200: ReleaseSerializer(many=True), **_PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List releases."""
        return super().get(request, *args, **kwargs)


class ReleaseDetail(StrictQuery, RetrieveAPIView[Release]):
    """One release: manifest, files, checksums. 410 with the tombstone when it was withdrawn."""

    permission_classes = [IsAuthenticated, MayDownload]
    serializer_class = ReleaseDetailSerializer

    def get_queryset(self) -> Any:
        """What the person, and the token if there is one, may see."""
        releases = visible(cast(User, self.request.user), _token(self.request))
        return releases.select_related("recipe", "project").prefetch_related("files")

    def get_object(self) -> Release:
        """The release. Raises NotFound, or Gone when it was withdrawn."""
        release = _found(self.get_queryset(), self.kwargs["pk"])
        if release.status == ReleaseStatus.WITHDRAWN:
            raise gone(release)
        return release

    @extend_schema(responses={200: ReleaseDetailSerializer, **_PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Look at a release."""
        return super().get(request, *args, **kwargs)


class File(StrictQuery):
    """One file, with Range, If-Range and a strong ETag that is its SHA-256."""

    permission_classes = [IsAuthenticated, MayDownload]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "path", OpenApiTypes.STR, OpenApiParameter.PATH, description="As the release lists it."
            ),
            OpenApiParameter(
                "Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="bytes=START-END"
            ),
            OpenApiParameter(
                "If-Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag so far."
            ),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="Not modified"),
            416: OpenApiResponse(description="No such range"),
            **_PROBLEMS,
        },
    )
    def get(self, request: Request, pk: int, path: str) -> HttpResponse | StreamingHttpResponse:
        """Download a file."""
        user = cast(User, request.user)
        release = _found(visible(user, _token(request)).select_related("recipe"), pk)
        try:
            return send(request._request, release, path, by=user, token=_token(request))
        except Http404:
            raise NotFound("This release has no such file.") from None
