"""The API of projects: what they are, their prompts, how far their tasks are, and how the climb stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena.win_rate import Rate
from catalog.models import Criterion, Framework, Project, Prompt
from core.errors import BadInput, Problem
from desk import figures, verdicts
from desk.verdicts import Verdicts
from exports.api_parts import NewestFirst, Operation, one, problems, url_to
from exports.models import Verb
from people.rules import Permission

READS = (Verb.PROJECT, Permission.DOWNLOAD)
LEADS = (Verb.PROJECT, Permission.LEAD)


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project as lists show it."""

    target = serializers.CharField(source="target.name")
    rival = serializers.CharField(source="rival.name")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = ["slug", "name", "status", "target", "rival", "purpose", "created_at", "url"]

    def get_url(self, project: Project) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:project", args=[project.slug]))


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    """A question that reviewers and voters answer about a page."""

    class Meta:
        model = Criterion
        fields = ["slug", "name", "question"]


class ProjectDetailSerializer(ProjectSerializer):
    """A project with the questions and the guideline in force."""

    criteria = CriterionSerializer(many=True)
    guideline_version = serializers.SerializerMethodField()

    class Meta(ProjectSerializer.Meta):
        fields = [*ProjectSerializer.Meta.fields, "criteria", "guideline_version"]

    def get_guideline_version(self, project: Project) -> int | None:
        """The version in force; null before the first."""
        newest = project.guidelines.first()
        return newest.version if newest else None


class Projects(Operation, ListAPIView[Project]):
    """Your projects, newest first."""

    known = {"GET": frozenset({"cursor"})}
    reads = READS
    serializer_class = ProjectSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Project]:
        """What person and token reach."""
        if getattr(self, "swagger_fake_view", False):
            return Project.objects.none()
        return self.projects().select_related("target", "rival")

    @extend_schema(operation_id="projects_list", tags=["projects"], responses={200: ProjectSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List projects."""
        return super().get(request, *args, **kwargs)


class ProjectDetail(Operation):
    """One project."""

    reads = READS

    @extend_schema(tags=["projects"], responses={200: ProjectDetailSerializer, **problems()})
    def get(self, request: Request, slug: str) -> Response:
        """Look at a project."""
        return Response(ProjectDetailSerializer(self.project(), context={"request": request}).data)


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A prompt, and whose outputs it has."""

    models = serializers.SerializerMethodField(help_text="Models that have an output for it.")

    class Meta:
        model = Prompt
        fields = [
            "key", "text", "tags", "framework", "source", "licence", "cluster", "held_out", "quarantine", "models",
            "created_at",
        ]  # fmt: skip

    def get_models(self, prompt: Prompt) -> list[str]:
        """Names of the models, sorted."""
        return sorted(generation.model.name for generation in prompt.generations.all())


_BOOLS = {"true": True, "false": False}


class Prompts(Operation, ListAPIView[Prompt]):
    """A project's prompts, newest first. Open to its leads."""

    known = {"GET": frozenset({"cursor", "tag", "framework", "held_out", "quarantined"})}
    reads = LEADS
    serializer_class = PromptSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Prompt]:
        """The prompts that the query asks for."""
        if getattr(self, "swagger_fake_view", False):
            return Prompt.objects.none()
        asked = self.request.query_params
        rows = self.project().prompts.prefetch_related("generations__model")
        if tag := asked.get("tag"):
            rows = rows.filter(tags__contains=[tag])
        if framework := self._choice("framework", {value: value for value in Framework.values}):
            rows = rows.filter(framework=framework)
        if (held_out := self._choice("held_out", _BOOLS)) is not None:
            rows = rows.filter(held_out=held_out)
        if (quarantined := self._choice("quarantined", _BOOLS)) is not None:
            rows = rows.exclude(quarantine="") if quarantined else rows.filter(quarantine="")
        return rows

    def _choice(self, name: str, choices: dict[str, Any]) -> Any:
        """The chosen value, None when nothing is asked. Raises BadInput."""
        text = self.request.query_params.get(name)
        if text is None:
            return None
        if text not in choices:
            raise BadInput(
                "The query has a value that means nothing here.",
                problems=[Problem(name, "is none of the choices", f"Choose from {', '.join(choices)}.")],
            )
        return choices[text]

    @extend_schema(
        operation_id="prompts_list",
        tags=["projects"],
        parameters=[
            OpenApiParameter("tag", OpenApiTypes.STR, description="Only prompts with this tag."),
            OpenApiParameter("framework", OpenApiTypes.STR, enum=Framework.values),
            OpenApiParameter("held_out", OpenApiTypes.STR, enum=list(_BOOLS)),
            OpenApiParameter("quarantined", OpenApiTypes.STR, enum=list(_BOOLS)),
        ],
        responses={200: PromptSerializer(many=True), **problems()},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List prompts."""
        return super().get(request, *args, **kwargs)


class PromptDetail(Operation):
    """One prompt, by its key. Open to the project's leads."""

    reads = LEADS

    @extend_schema(tags=["projects"], responses={200: PromptSerializer, **problems()})
    def get(self, request: Request, slug: str, key: str) -> Response:
        """Look at a prompt."""
        return Response(PromptSerializer(one(self.project().prompts.all(), "prompt", key=key)).data)


class KindSerializer(serializers.Serializer[Any]):
    """Rows of one kind and status."""

    kind = serializers.CharField()
    status = serializers.CharField()
    n = serializers.IntegerField()


class FunnelSerializer(serializers.Serializer[Any]):
    """One step from prompts to verdicts."""

    step = serializers.CharField()
    n = serializers.IntegerField()
    what = serializers.CharField()


class DaySerializer(serializers.Serializer[Any]):
    """What was done on one day (UTC)."""

    date = serializers.DateField()
    submitted = serializers.IntegerField()
    accepted = serializers.IntegerField()
    voted = serializers.IntegerField()


class SpendSerializer(serializers.Serializer[Any]):
    """What is owed to people so far, in minor units."""

    kind = serializers.CharField()
    currency = serializers.CharField()
    minor_units = serializers.IntegerField()


class TasksSerializer(serializers.Serializer[Any]):
    """Kept counters of a project: how far its work is."""

    prompts = serializers.IntegerField(help_text="Open to work.")
    quarantined = serializers.IntegerField()
    funnel = FunnelSerializer(many=True)
    tasks = KindSerializer(many=True)
    seats = KindSerializer(many=True)
    submissions = KindSerializer(many=True)
    reviews = KindSerializer(many=True)
    checks = KindSerializer(many=True)
    days = DaySerializer(many=True, help_text="The last 28, oldest first.")
    spend = SpendSerializer(many=True)


class Tasks(Operation):
    """How far the work is, from kept counters: it costs the same at a thousand tasks and at a million."""

    reads = LEADS

    @extend_schema(tags=["projects"], responses={200: TasksSerializer, **problems()})
    def get(self, request: Request, slug: str) -> Response:
        """Summarise a project's tasks."""
        found = figures.of_project(self.project().pk)
        return Response(
            {
                "prompts": found.prompts,
                "quarantined": found.quarantined,
                "funnel": [{"step": step.name, "n": step.n, "what": step.what} for step in found.funnel()],
                "tasks": _rows(found, "task"),
                "seats": _rows(found, "assignment"),
                "submissions": _rows(found, "submission"),
                "reviews": _rows(found, "review"),
                "checks": _rows(found, "check"),
                "days": [asdict(day) for day in found.pace(timezone.now().date())],
                "spend": [
                    {"kind": kind, "currency": currency, "minor_units": n}
                    for kind, currency, n in found.spend()
                ],
            }
        )


def _rows(found: figures.Figures, subject: str) -> list[dict[str, Any]]:
    counted = found.subjects.get(subject, {})
    return [{"kind": kind, "status": status, "n": n} for (kind, status), n in sorted(counted.items()) if n]


class RateSerializer(serializers.Serializer[Any]):
    """A share with its 95% interval; null before the first verdict."""

    rate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class PairsSerializer(RateSerializer):
    """The share of pairs that the refined pages won against the rival's; Wilson's interval."""

    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    tied = serializers.IntegerField()


class ClimbSerializer(serializers.Serializer[Any]):
    """How the refined pages stand against the rival. The headline is `held_out`; read it with the gap."""

    target = serializers.CharField()
    rival = serializers.CharField()
    pairs = PairsSerializer()
    votes = RateSerializer(help_text="Single votes; the interval is a bootstrap over prompts and voters.")
    train = RateSerializer(help_text="(a) Single votes on prompts that are not held out.")
    held_out = RateSerializer(
        help_text="(b) Single votes on held-out prompts, by people who voted on no other prompt."
    )
    gap = serializers.FloatField(
        allow_null=True,
        help_text="(a) - (b): what belongs to the prompts and voters that everybody tuned for.",
    )
    ties = serializers.CharField()
    stopping = serializers.CharField()


class Climb(Operation):
    """Blind verdicts against the rival, with their intervals and the rules that were fixed before them."""

    reads = READS

    @extend_schema(tags=["projects"], responses={200: ClimbSerializer, **problems()})
    def get(self, request: Request, slug: str) -> Response:
        """Look at a project's climb."""
        project = self.project()
        found = figures.of_project(project.pk)
        pairs = verdicts.of_pairs(found)
        climb = verdicts.of_votes(project, found.votes)
        return Response(
            {
                "target": project.target.name,
                "rival": project.rival.name,
                "pairs": {**_rate(pairs), "won": pairs.won, "lost": pairs.lost, "tied": pairs.tied},
                "votes": _rate(climb.votes),
                "train": _rate(climb.train),
                "held_out": _rate(climb.held_out),
                "gap": climb.gap,
                "ties": verdicts.TIES,
                "stopping": verdicts.STOPPING,
            }
        )


def _rate(found: Verdicts | Rate) -> dict[str, float | int | None]:
    known = found.rate is not None
    return {
        "rate": found.rate,
        "low": found.low if known else None,
        "high": found.high if known else None,
        "n": found.n,
    }
