"""The API of what leads do with releases: build from a recipe, deprecate, withdraw."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from exports import actions, withdrawal_actions
from exports.api_parts import IDEMPOTENCY, NewestFirst, Operation, one, problems, token_of, url_to
from exports.models import Recipe, Release, Verb
from people.rules import Permission

LEADS = (Verb.BUILD, Permission.LEAD)


class RecipeSerializer(serializers.ModelSerializer[Recipe]):
    """A recipe: what the releases of a dataset are made of."""

    project = serializers.CharField(source="project.slug")
    tags = serializers.ListField(child=serializers.CharField())
    frameworks = serializers.ListField(child=serializers.CharField())
    licences = serializers.ListField(child=serializers.CharField())
    builds = serializers.SerializerMethodField(help_text="Where to ask for a build, and look at them.")

    class Meta:
        model = Recipe
        fields = [
            "id", "project", "name", "configs", "formats", "tags", "frameworks", "licences", "held_out_share", "min_votes",
            "seed", "licence", "builds",
        ]  # fmt: skip

    def get_builds(self, recipe: Recipe) -> str:
        """Its builds."""
        return url_to(self.context["request"], reverse("api:builds", args=[recipe.pk]))


class BuildSerializer(serializers.ModelSerializer[Release]):
    """A build: how far it is, and how it ended. Published, it is a release."""

    name = serializers.CharField(source="recipe.name")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = ["id", "name", "version", "status", "phase", "rows_done", "rows_total", "error", "note", "created_at", "url"]  # fmt: skip

    def get_url(self, release: Release) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:build", args=[release.pk]))


class BuildForm(serializers.Serializer[Any]):
    """What a build may be given."""

    version = serializers.CharField(max_length=20, required=False, help_text="Empty: the least that fits.")
    note = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, help_text="Why there is this release."
    )


class ReasonForm(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(
        min_length=actions.MIN_REASON, max_length=4000, help_text="Shown for good."
    )


class _OfLeads(Operation):
    """What leads may do, by tokens for one dataset too."""

    reads = LEADS
    writes = LEADS

    def recipes(self) -> QuerySet[Recipe]:
        """The recipes that person and token reach."""
        rows = Recipe.objects.filter(project__in=self.projects()).select_related("project")
        token = token_of(self.request)
        return rows.filter(pk=token.recipe_id) if token is not None and token.recipe_id else rows

    def releases(self) -> QuerySet[Release]:
        """The builds and releases of those recipes."""
        return Release.objects.filter(recipe__in=self.recipes()).select_related("recipe", "project")


class Recipes(_OfLeads, ListAPIView[Recipe]):
    """Recipes of the projects you lead, newest first."""

    known = {"GET": frozenset({"cursor"})}
    serializer_class = RecipeSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Recipe]:
        """What person and token reach."""
        return Recipe.objects.none() if getattr(self, "swagger_fake_view", False) else self.recipes()

    @extend_schema(operation_id="recipes_list", tags=["builds"], responses={200: RecipeSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List recipes."""
        return super().get(request, *args, **kwargs)


class Builds(_OfLeads, ListAPIView[Release]):
    """Builds of a recipe, newest first, whatever became of them."""

    known = {"GET": frozenset({"cursor"})}
    serializer_class = BuildSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Release]:
        """The builds of the recipe."""
        if getattr(self, "swagger_fake_view", False):
            return Release.objects.none()
        recipe: Recipe = one(self.recipes(), "recipe", pk=self.kwargs["pk"])
        return recipe.releases.select_related("recipe")

    @extend_schema(operation_id="builds_list", tags=["builds"], responses={200: BuildSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List builds."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="builds_create", tags=["builds"], parameters=[IDEMPOTENCY], request=BuildForm,
        responses={202: BuildSerializer, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        """Build a release. Answers at once; follow `url` until it is published or failed."""
        recipe = one(self.recipes().select_related("project__target", "project__rival"), "recipe", pk=pk)
        given = self.taken(BuildForm)

        def effect() -> tuple[int, dict[str, Any]]:
            release = actions.start_release(
                recipe=recipe, by=self.user(), version=given.get("version", ""), note=given.get("note", "")
            )
            release.refresh_from_db()
            return 202, dict(BuildSerializer(release, context={"request": request}).data)

        return self.once(effect)


class Build(_OfLeads):
    """One build."""

    @extend_schema(tags=["builds"], responses={200: BuildSerializer, **problems()})
    def get(self, request: Request, pk: int) -> Response:
        """Look at a build."""
        return Response(
            BuildSerializer(one(self.releases(), "build", pk=pk), context={"request": request}).data
        )


class Deprecate(_OfLeads):
    """Say of a release that it should not be used for new work."""

    @extend_schema(
        tags=["builds"], request=ReasonForm, responses={200: BuildSerializer, **problems(409, 413, 415)}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Deprecate a release; it is served as before, with the reason beside it."""
        release = one(self.releases(), "release", pk=pk)
        withdrawal_actions.deprecate(release=release, by=self.user(), reason=self.taken(ReasonForm)["reason"])
        return Response(BuildSerializer(release, context={"request": request}).data)


class Withdraw(_OfLeads):
    """Serve a release no more; its tombstone stays."""

    @extend_schema(
        tags=["builds"], request=ReasonForm, responses={200: BuildSerializer, **problems(409, 413, 415)}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Withdraw a release, for good."""
        release = one(self.releases(), "release", pk=pk)
        actions.withdraw(release=release, by=self.user(), reason=self.taken(ReasonForm)["reason"])
        return Response(BuildSerializer(release, context={"request": request}).data)
