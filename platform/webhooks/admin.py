"""Webhooks on the lead's desk: where news goes, and the log of every message with its tries."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin, led_projects
from core.admin_marks import mark
from core.errors import HillclimbError
from webhooks import actions, targets
from webhooks.models import Delivery, Endpoint
from webhooks.states import TOLD, DeliveryStatus
from work.held import person


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in its stubs
    """A receiver: where, and what it is told."""

    events = forms.MultipleChoiceField(
        label="Tell it when",
        choices=[(kind.value, f"{kind.label} ({kind.value})") for kind in TOLD],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Endpoint
        fields = ["project", "url", "events", "description"]
        help_texts = {"description": "What it is for, such as “starts the nightly training”."}

    def clean_url(self) -> str:
        """Only where the operator allows."""
        url: str = self.cleaned_data["url"]
        try:
            actions.target_of(url)
        except HillclimbError as error:
            raise forms.ValidationError([f"It {p.what}. {p.todo}".strip() for p in error.problems]) from None
        return url

    def clean(self) -> dict[str, Any]:
        """Once an address and project."""
        cleaned = super().clean() or {}
        same = Endpoint.objects.filter(
            project=cleaned.get("project"), url=cleaned.get("url", ""), removed_at=None
        )
        if self.instance.pk is None and same.exists():
            self.add_error("url", "This project has a webhook for that address already.")
        return cleaned


@admin.register(Endpoint)
class EndpointAdmin(ProjectScopedAdmin):
    """Receivers of a project's news. A secret is shown when it is made, and never again."""

    empty_words = "An endpoint is an address of yours that is told when something happens in a project."
    form = EndpointForm
    list_display = ["url", "project", "state", "told", "waiting", "created_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["project"]
    ordering = ["-id"]
    buttons = [
        Button("test", "Send a test", press=lambda request, row: _test(request, row), shown=lambda row: row.is_active),
        Button(
            "pause", "Pause", press=lambda request, row: _pause(request, row), shown=lambda row: row.is_active,
            confirm="What happens while it is paused is not told later. What waits already is sent when you resume.",
        ),
        Button(
            "resume", "Resume", press=lambda request, row: _resume(request, row),
            shown=lambda row: row.paused_at is not None and row.removed_at is None,
        ),
        Button(
            "rotate", "Make a new secret", press=lambda request, row: _rotate(request, row),
            shown=lambda row: row.removed_at is None,
            confirm="For a day messages are signed with both secrets; after that with the new one alone.",
        ),
        Button(
            "remove", "Remove", press=lambda request, row: _remove(request, row), danger=True,
            shown=lambda row: row.removed_at is None, confirm="Nothing is sent to it any more, for good. Its log stays.",
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Removed ones are shown by their log alone."""
        rows: QuerySet[Endpoint] = super().get_queryset(request)
        return rows.filter(removed_at=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is asked for; later where it stands, too."""
        asked = ["project", "url", "events", "description"]
        return asked if obj is None else [*asked, "state", "last", "created_by", "created_at", "rotated_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A receiver keeps its address: another one is another webhook."""
        return (
            []
            if obj is None
            else ["project", "url", "state", "last", "created_by", "created_at", "rotated_at"]
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form says where one may send at all."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "url" in form.base_fields:
            form.base_fields["url"].help_text = _allowed()
        return form

    def get_links(self, request: HttpRequest, row: Endpoint) -> list[tuple[str, str]]:
        """Its log."""
        return [(f"{reverse('admin:webhooks_delivery_changelist')}?endpoint={row.pk}", "Log of its messages")]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the actions."""
        by, given = person(request), form.cleaned_data
        if change:
            actions.change_endpoint(
                endpoint=obj, by=by, events=given["events"], description=given["description"]
            )
            return
        made = actions.add_endpoint(
            project=given["project"],
            url=given["url"],
            events=given["events"],
            description=given["description"],
            by=by,
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The secret, this once."""
        return _secret(request, obj, actions.secret(obj))

    @admin.display(description="status")
    def state(self, endpoint: Endpoint) -> SafeString:
        """Whether it is sent to, and how it fares."""
        if endpoint.paused_at is not None:
            return mark("paused", f"Paused{f': {endpoint.paused_reason}' if endpoint.paused_reason else ''}")
        if endpoint.failures:
            return mark(
                "warned",
                f"{endpoint.failures} failed {'try' if endpoint.failures == 1 else 'tries'} in a row",
            )
        return mark("active", "Active")

    @admin.display(description="told of")
    def told(self, endpoint: Endpoint) -> str:
        """The kinds of news."""
        return ", ".join(endpoint.events)

    @admin.display(description="next try")
    def waiting(self, endpoint: Endpoint) -> Any:
        """When it is tried again after a failure."""
        quiet = endpoint.quiet_until
        return quiet if quiet is not None and quiet > timezone.now() else "–"

    @admin.display(description="last try")
    def last(self, endpoint: Endpoint) -> str:
        """What the receiver answered last."""
        newest = endpoint.deliveries.filter(tries__gt=0).order_by("-pk").first()
        attempt = newest.attempts.last() if newest else None
        if newest is None or attempt is None:
            return "Nothing was sent yet. Send a test."
        answered = attempt.answer if attempt.answer is not None else attempt.said
        return f"{attempt.at:%Y-%m-%d %H:%M:%S} UTC, {newest.event}: {answered}"


def _allowed() -> str:
    if not settings.WEBHOOK_TARGETS:
        return "The operator allows no address yet: WEBHOOK_TARGETS is empty."
    return f"At or below {', '.join(_shown(each) for each in settings.WEBHOOK_TARGETS)}."


def _shown(target: targets.Target) -> str:
    usual = {"https": 443, "http": 80}[target.scheme]
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{target.scheme}://{host}{'' if target.port == usual else f':{target.port}'}{target.path}"


def _test(request: HttpRequest, endpoint: Endpoint) -> str:
    actions.send_test(endpoint=endpoint, by=person(request))
    return "A test is on its way. Reload this page in a moment to see what the receiver answered."


def _pause(request: HttpRequest, endpoint: Endpoint) -> str:
    actions.pause(endpoint=endpoint, by=person(request), reason="by a lead")
    return "The webhook is paused."


def _resume(request: HttpRequest, endpoint: Endpoint) -> str:
    actions.resume(endpoint=endpoint, by=person(request))
    return "The webhook is active again."


def _remove(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    actions.remove(endpoint=endpoint, by=person(request))
    messages.success(request, "The webhook is removed.")
    return HttpResponseRedirect(reverse("admin:webhooks_endpoint_changelist"))


def _rotate(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    return _secret(request, endpoint, actions.rotate_secret(endpoint=endpoint, by=person(request)))


def _secret(request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request), "title": "The secret of the webhook", "endpoint": endpoint, "secret": secret,
        "page": reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]),
    }  # fmt: skip
    answer = render(request, "admin/webhooks/secret.html", context)
    add_never_cache_headers(answer)
    return answer


class EndpointFilter(admin.SimpleListFilter):
    """Messages of one receiver."""

    title = "webhook"
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The receivers of the person's projects."""
        rows = Endpoint.objects.filter(project__in=led_projects(request)).order_by("url")
        return list(rows.values_list("pk", "url")[:50])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Those of the chosen receiver."""
        value = self.value()
        if value is None:
            return queryset
        return (
            queryset.filter(endpoint=int(value)) if value.isdecimal() and len(value) < 19 else queryset.none()
        )


@admin.register(Delivery)
class DeliveryAdmin(ProjectScopedAdmin):
    """The log: every message, what was sent, what came of each try. A lead can send one again."""

    empty_words = "Messages appear here once an endpoint is set up and something happens that it listens to."
    project_path = "endpoint__project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["id", "event", "endpoint", "state", "tries", "next", "created_at"]
    list_filter = [EndpointFilter, "status"]
    list_select_related = ["endpoint"]
    ordering = ["-id"]
    fields = [
        "endpoint",
        "event",
        "message_id",
        "happened_at",
        "state",
        "next",
        "log",
        "sent",
        "created_at",
        "ended_at",
    ]
    readonly_fields = fields
    buttons = [
        Button(
            "replay", "Send it again", press=lambda request, row: _replay(request, row),
            shown=lambda row: row.status != DeliveryStatus.PENDING and row.endpoint.is_active,
        )
    ]  # fmt: skip

    @admin.display(description="status")
    def state(self, delivery: Delivery) -> SafeString:
        """Where it stands."""
        tones = {
            DeliveryStatus.PENDING: "running",
            DeliveryStatus.DELIVERED: "passed",
            DeliveryStatus.FAILED: "failed",
        }
        return mark(tones[DeliveryStatus(delivery.status)], delivery.get_status_display())

    @admin.display(description="next try")
    def next(self, delivery: Delivery) -> Any:
        """When it is tried again."""
        if delivery.status != DeliveryStatus.PENDING or delivery.endpoint.removed_at is not None:
            return "–"
        return delivery.next_at if delivery.endpoint.paused_at is None else "when the webhook is resumed"

    @admin.display(description="webhook-id")
    def message_id(self, delivery: Delivery) -> str:
        """The id that the receiver sees."""
        return f"msg_{delivery.message.hex}"

    @admin.display(description="tries")
    def log(self, delivery: Delivery) -> str:
        """Every try."""
        attempts = list(delivery.attempts.all())
        return (
            render_to_string("admin/webhooks/_log.html", {"attempts": attempts}) if attempts else "None yet"
        )

    @admin.display(description="body")
    def sent(self, delivery: Delivery) -> str:
        """What is sent."""
        if not delivery.body:
            return "Made when it is first sent"
        shown = json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False)
        return render_to_string("admin/webhooks/_body.html", {"body": shown})


def _replay(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    made = actions.replay(delivery=delivery, by=person(request))
    messages.success(
        request, "The message is on its way again. Reload in a moment to see what the receiver answered."
    )
    return HttpResponseRedirect(reverse("admin:webhooks_delivery_change", args=[made.pk]))
