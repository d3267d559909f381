"""The API of releases, for ML teams: list, look, download."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from exports import proof
from exports.api_parts import NewestFirst, Operation, ProblemSerializer, one, problems, token_of, url_to
from exports.models import Release, ReleaseFile, Rescan, Verb
from exports.rules import visible
from exports.states import ReleaseStatus
from exports.views import gone, send
from people.rules import Permission


class FileSerializer(serializers.ModelSerializer[ReleaseFile]):
    """One file of a release."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ReleaseFile
        fields = ["path", "sha256", "byte_size", "row_count", "url"]

    def get_url(self, file: ReleaseFile) -> str:
        """Where to fetch it."""
        return url_to(self.context["request"], reverse("api:file", args=[file.release_id, file.path]))


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A release as lists show it."""

    name = serializers.CharField(source="recipe.name")
    project = serializers.CharField(source="project.slug")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = [
            "id", "name", "project", "version", "status", "published_at", "deprecated_at", "deprecated_reason",
            "withdrawn_at", "withdrawn_reason", "manifest_sha256", "url",
        ]  # fmt: skip

    def get_url(self, release: Release) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:release", args=[release.pk]))


class RescanSerializer(serializers.ModelSerializer[Rescan]):
    """What a release was asked again after the protected registry had grown."""

    class Meta:
        model = Rescan
        fields = ["registry_version", "registry_sha256", "row_count", "match_count", "result", "at"]


class ReleaseDetailSerializer(ReleaseSerializer):
    """A release with its manifest and files."""

    manifest = serializers.JSONField()
    files = FileSerializer(many=True)
    rescans = RescanSerializer(many=True)

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "manifest", "files", "rescans"]


class SigningKeySerializer(serializers.Serializer[Any]):
    """A public key that signs, or signed, releases of this site."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes in base64.")
    current = serializers.BooleanField(help_text="Whether releases are signed with it now.")


_PROBLEMS = problems(410, 503)


class Releases(Operation, ListAPIView[Release]):
    """Releases of your projects, newest first."""

    known = {"GET": frozenset({"cursor", "name", "version", "project"})}
    serializer_class = ReleaseSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """What the person, and the token if there is one, may see."""
        if getattr(self, "swagger_fake_view", False):
            return Release.objects.none()
        releases = visible(self.user(), token_of(self.request))
        fields = {"name": "recipe__name", "version": "version", "project": "project__slug"}
        asked = {fields[key]: value for key, value in self.request.query_params.items() if key in fields}
        return releases.filter(**asked).select_related("recipe", "project")

    @extend_schema(
        parameters=[
            OpenApiParameter("name", OpenApiTypes.STR, description="Only releases of this dataset."),
            OpenApiParameter("version", OpenApiTypes.STR, description="Only this version."),
            OpenApiParameter("project", OpenApiTypes.STR, description="Only those of this project's slug."),
        ],
        responses={200: ReleaseSerializer(many=True), **_PROBLEMS},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List releases."""
        return super().get(request, *args, **kwargs)


class ReleaseDetail(Operation, RetrieveAPIView[Release]):
    """One release: manifest, files, checksums. 410 with the tombstone when it was withdrawn."""

    serializer_class = ReleaseDetailSerializer

    def get_queryset(self) -> Any:
        """What the person, and the token if there is one, may see."""
        releases = visible(self.user(), token_of(self.request))
        return releases.select_related("recipe", "project").prefetch_related("files", "rescans")

    def get_object(self) -> Release:
        """The release. Raises NotFound, or Gone when it was withdrawn."""
        release: Release = one(self.get_queryset(), "release", pk=self.kwargs["pk"])
        if release.status == ReleaseStatus.WITHDRAWN:
            raise gone(release)
        return release

    @extend_schema(responses={200: ReleaseDetailSerializer, **_PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Look at a release."""
        return super().get(request, *args, **kwargs)


class SigningKeys(Operation):
    """The public keys of this site, for whoever verifies a release. Open to everybody."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        responses={
            200: SigningKeySerializer(many=True),
            (400, "application/problem+json"): ProblemSerializer,
        },
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """List public keys, the present one first."""
        keys = settings.PUBLIC_KEYS
        return Response(
            [
                {
                    "key_id": proof.key_id(key),
                    "algorithm": "Ed25519",
                    "public_key": proof.base64_of(key),
                    "current": key == keys[0],
                }
                for key in keys
            ]
        )


class File(Operation):
    """One file, with Range, If-Range and a strong ETag that is its SHA-256."""

    reads = (Verb.DOWNLOAD, Permission.DOWNLOAD)

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
        user, token = self.user(), token_of(request)
        release = one(visible(user, token).select_related("recipe"), "release", pk=pk)
        try:
            return send(request._request, release, path, by=user, token=token)
        except Http404:
            raise NotFound("This release has no such file.") from None
