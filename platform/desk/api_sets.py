"""The API of protected sets: which benchmarks releases are compared with. Their items are fingerprints and stay here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api_projects import READS
from exports.api_parts import NewestFirst, Operation, one, problems, url_to
from protect.models import ProtectedSet


class ProtectedSetSerializer(serializers.ModelSerializer[ProtectedSet]):
    """One version of a benchmark."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ProtectedSet
        fields = ["id", "slug", "version", "name", "source", "licence", "item_count", "created_at", "url"]

    def get_url(self, protected: ProtectedSet) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:protected_set", args=[protected.pk]))


class ProtectedSets(Operation, ListAPIView[ProtectedSet]):
    """Registered versions of protected benchmarks, newest first. They hold for every project."""

    known = {"GET": frozenset({"cursor"})}
    reads = READS
    serializer_class = ProtectedSetSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[ProtectedSet]:
        """All of them."""
        return ProtectedSet.objects.all()

    @extend_schema(operation_id="protected_sets_list", tags=["protected sets"], responses={200: ProtectedSetSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List protected sets."""
        return super().get(request, *args, **kwargs)


class ProtectedSetDetail(Operation):
    """One version of a protected benchmark."""

    reads = READS

    @extend_schema(tags=["protected sets"], responses={200: ProtectedSetSerializer, **problems()})
    def get(self, request: Request, pk: int) -> Response:
        """Look at a protected set."""
        found = one(ProtectedSet.objects.all(), "protected set", pk=pk)
        return Response(ProtectedSetSerializer(found, context={"request": request}).data)
