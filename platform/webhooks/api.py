"""The API of webhooks: where news goes, what came of it, and once more."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api_parts import IDEMPOTENCY, NewestFirst, Operation, one, problems, url_to
from exports.models import Verb
from people.rules import Permission
from webhooks import actions
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.states import TOLD

LEADS = (Verb.WEBHOOKS, Permission.LEAD)
_KINDS = [kind.value for kind in TOLD]


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """A receiver of a project's news."""

    project = serializers.CharField(source="project.slug")
    url = serializers.SerializerMethodField(help_text="Where to look at it.")
    target = serializers.CharField(source="url", help_text="The receiver's address.")
    events = serializers.ListField(child=serializers.ChoiceField(choices=_KINDS))

    class Meta:
        model = Endpoint
        fields = [
            "id", "project", "target", "events", "description", "created_at", "rotated_at", "paused_at", "paused_reason",
            "failures", "quiet_until", "url",
        ]  # fmt: skip

    def get_url(self, endpoint: Endpoint) -> str:
        """Where to look at it."""
        return url_to(self.context["request"], reverse("api:webhook", args=[endpoint.pk]))


class MadeSerializer(EndpointSerializer):
    """A new receiver, with its secret, which is shown this once."""

    secret = serializers.CharField()

    class Meta(EndpointSerializer.Meta):
        fields = [*EndpointSerializer.Meta.fields, "secret"]


class SecretSerializer(serializers.Serializer[Any]):
    """A new secret, shown this once."""

    secret = serializers.CharField()


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try: the status of the answer (null: there was none), and how it began or what failed."""

    class Meta:
        model = Attempt
        fields = ["number", "at", "answer", "said", "milliseconds"]


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One message on its way, with every try."""

    message = serializers.SerializerMethodField(help_text="The header webhook-id.")
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "event", "message", "object_id", "happened_at", "status", "tries", "next_at", "ended_at", "replay_of",
            "attempts",
        ]  # fmt: skip

    def get_message(self, delivery: Delivery) -> str:
        """The id that the receiver sees."""
        return f"msg_{delivery.message.hex}"


class EndpointForm(serializers.Serializer[Any]):
    """What a receiver is made of."""

    target = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=_KINDS), min_length=1, max_length=20)
    description = serializers.CharField(max_length=120, required=False, allow_blank=True)


class ChangeForm(serializers.Serializer[Any]):
    """What can be changed of a receiver."""

    events = serializers.ListField(child=serializers.ChoiceField(choices=_KINDS), min_length=1, max_length=20, required=False)  # fmt: skip
    description = serializers.CharField(max_length=120, required=False, allow_blank=True)
    paused = serializers.BooleanField(required=False)


class _OfLeads(Operation):
    reads = LEADS
    writes = LEADS

    def endpoints(self) -> QuerySet[Endpoint]:
        """The receivers that person and token reach."""
        rows = Endpoint.objects.filter(project__in=self.projects(), removed_at=None)
        return rows.select_related("project")

    def endpoint(self) -> Endpoint:
        """The receiver that the address names. Raises NotFound."""
        found: Endpoint = one(self.endpoints(), "webhook", pk=self.kwargs["pk"])
        return found

    def shown(self, endpoint: Endpoint) -> dict[str, Any]:
        """The receiver as JSON."""
        return dict(EndpointSerializer(endpoint, context={"request": self.request}).data)


class Endpoints(_OfLeads, ListAPIView[Endpoint]):
    """A project's webhooks, newest first."""

    known = {"GET": frozenset({"cursor"})}
    serializer_class = EndpointSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Endpoint]:
        """Those of the project."""
        if getattr(self, "swagger_fake_view", False):
            return Endpoint.objects.none()
        return self.endpoints().filter(project=self.project())

    @extend_schema(operation_id="webhooks_list", tags=["webhooks"], responses={200: EndpointSerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List webhooks."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="webhooks_create", tags=["webhooks"], parameters=[IDEMPOTENCY], request=EndpointForm,
        responses={201: MadeSerializer, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request, slug: str) -> Response:
        """Add a webhook. The answer has its secret."""
        project, given = self.project(), self.taken(EndpointForm)

        def effect() -> tuple[int, dict[str, Any]]:
            endpoint = actions.add_endpoint(
                project=project, url=given["target"], events=given["events"],
                description=given.get("description", ""), by=self.user(),
            )  # fmt: skip
            endpoint.refresh_from_db()
            return 201, self.shown(endpoint)

        answer = self.once(effect)
        # Added afterwards: the answer that is kept for the key must hold no secret.
        made = Endpoint.objects.get(pk=answer.data["id"])
        answer.data = {**answer.data, "secret": actions.secret(made, version=1)}
        return answer


class EndpointDetail(_OfLeads):
    """One webhook."""

    @extend_schema(tags=["webhooks"], responses={200: EndpointSerializer, **problems()})
    def get(self, request: Request, pk: int) -> Response:
        """Look at a webhook."""
        return Response(self.shown(self.endpoint()))

    @extend_schema(
        tags=["webhooks"], request=ChangeForm, responses={200: EndpointSerializer, **problems(409, 413, 415)}
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Choose other news, pause or resume."""
        endpoint, given, user = self.endpoint(), self.taken(ChangeForm), self.user()
        if "events" in given or "description" in given:
            actions.change_endpoint(
                endpoint=endpoint, by=user, events=given.get("events"), description=given.get("description")
            )
        paused = given.get("paused")
        if paused is True and endpoint.paused_at is None:
            actions.pause(endpoint=endpoint, by=user)
        elif paused is False and endpoint.paused_at is not None:
            actions.resume(endpoint=endpoint, by=user)
        return Response(self.shown(endpoint))

    @extend_schema(tags=["webhooks"], responses={204: None, **problems(409)})
    def delete(self, request: Request, pk: int) -> Response:
        """Remove a webhook, for good."""
        actions.remove(endpoint=self.endpoint(), by=self.user())
        return Response(status=204)


class Rotate(_OfLeads):
    """A new secret."""

    @extend_schema(tags=["webhooks"], request=None, responses={200: SecretSerializer, **problems(409)})
    def post(self, request: Request, pk: int) -> Response:
        """Make a new secret. For a day, messages carry a signature by each of the two."""
        return Response({"secret": actions.rotate_secret(endpoint=self.endpoint(), by=self.user())})


class Test(_OfLeads):
    """A test message."""

    @extend_schema(
        tags=["webhooks"], parameters=[IDEMPOTENCY], request=None,
        responses={202: DeliverySerializer, **problems(409, 422)},
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        """Send a test message."""
        endpoint = self.endpoint()
        return self.once(lambda: (202, _queued(actions.send_test(endpoint=endpoint, by=self.user()))))


class Deliveries(_OfLeads, ListAPIView[Delivery]):
    """The log of a webhook, newest first."""

    known = {"GET": frozenset({"cursor"})}
    serializer_class = DeliverySerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Delivery]:
        """The messages to the receiver."""
        if getattr(self, "swagger_fake_view", False):
            return Delivery.objects.none()
        return self.endpoint().deliveries.prefetch_related("attempts")

    @extend_schema(operation_id="deliveries_list", tags=["webhooks"], responses={200: DeliverySerializer(many=True), **problems()})  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List deliveries."""
        return super().get(request, *args, **kwargs)


class Replay(_OfLeads):
    """A message once more."""

    @extend_schema(
        tags=["webhooks"], parameters=[IDEMPOTENCY], request=None,
        responses={202: DeliverySerializer, **problems(409, 422)},
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        """Send the same message again, under the same id."""
        rows = Delivery.objects.filter(endpoint__in=self.endpoints()).select_related("endpoint")
        delivery = one(rows, "delivery", pk=pk)
        return self.once(lambda: (202, _queued(actions.replay(delivery=delivery, by=self.user()))))


def _queued(delivery: Delivery) -> dict[str, Any]:
    delivery.refresh_from_db()
    return dict(DeliverySerializer(delivery).data)
