"""Pairs and votes in the admin: votes are read, never written; a pair may be marked as gold."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from arena import gold_actions, sides
from arena.models import Pair, Vote
from arena.states import PairOutcome, PairStatus
from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin, ProjectScopedInline
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin, choice_filter
from people.models import User
from work.admin import link

_WORDS = {3: "much better", 2: "better", 1: "a little better", 0: "no difference"}


def preference(vote: Vote) -> str:
    """A vote in words, as a preference for the refined page or the rival."""
    if vote.both_bad:
        return "Both bad"
    score = sides.for_first(vote.choice, not vote.refined_is_a)
    if score == 0:
        return "Tie"
    return f"{'Refined' if score > 0 else 'Rival'} {_WORDS[abs(score)]}"


class VoteInline(ProjectScopedInline):
    """The votes of a pair."""

    model = Vote
    may_add = may_change = False
    fields = ["voter", "said", "refined_was", "seconds", "cast_at"]
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vote]:
        """Votes with their voters."""
        rows: QuerySet[Vote] = super().get_queryset(request)
        return rows.select_related("voter")

    @admin.display(description="preference")
    def said(self, vote: Vote) -> str:
        """What the voter preferred."""
        return preference(vote)

    @admin.display(description="refined stood as")
    def refined_was(self, vote: Vote) -> str:
        """The side."""
        return "A" if vote.refined_is_a else "B"


def _mark_gold(answer: PairOutcome, request: HttpRequest, pair: Pair) -> str:
    reason = request.POST.get("reason", "")
    gold_actions.mark(pair=pair, answer=answer, reason=reason, by=cast(User, request.user))
    return "It is a gold pair now. Every vote on it is judged by the known answer."


@admin.register(Pair)
class PairAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Blind pairs, newest first."""

    empty_words = "A blind pair is made for each accepted submission and compared by other contributors."
    may_add = may_change = may_delete = False
    list_display = [
        "number",
        "about",
        "project",
        "state",
        "won",
        "wins",
        "losses",
        "ties",
        "opened_at",
        "decided_at",
    ]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("status", PairStatus), choice_filter("outcome", PairOutcome)]
    list_select_related = ["project"]
    readonly_fields = [
        "about", "project", "kind", "state", "won", "wins", "losses", "ties", "known", "opened_at", "decided_at",
    ]  # fmt: skip
    fields = readonly_fields
    inlines = [VoteInline]
    change_form_outer_before_template = "admin/ask_buttons.html"
    ask_folded = True
    ask_title = "Mark as a gold pair"
    ask = (
        "Why is its answer beyond doubt? Votes on a gold pair are judged by the known answer, and votes of people who fail "
        "them do not carry a training pair. Nothing on the page tells a voter. It can be said before the first vote only, and "
        "is never taken back."
    )
    buttons = [
        Button(
            f"gold_{outcome.value}", f"Mark as gold: {outcome.label.lower()}", press=partial(_mark_gold, outcome),
            shown=lambda pair: not (pair.gold or pair.wins + pair.losses + pair.ties),
        )
        for outcome in PairOutcome
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pair]:
        """Pairs of the person's projects."""
        rows: QuerySet[Pair] = super().get_queryset(request)
        return rows.select_related("project")

    @admin.display(description="pair")
    def number(self, pair: Pair) -> str:
        """Its number."""
        return f"#{pair.pk}"

    @admin.display(description="submission")
    def about(self, pair: Pair) -> SafeString:
        """The refinement that is judged."""
        return link(
            reverse("admin:work_submission_change", args=[pair.submission_id]), f"#{pair.submission_id}"
        )

    @admin.display(description="status")
    def state(self, pair: Pair) -> SafeString:
        """Where it stands."""
        return mark(pair.status, pair.get_status_display())

    @admin.display(description="outcome")
    def won(self, pair: Pair) -> SafeString | str:
        """Who won."""
        return mark(pair.outcome, pair.get_outcome_display()) if pair.outcome else "–"

    @admin.display(description="gold")
    def known(self, pair: Pair) -> str:
        """The known answer, and who gave it."""
        if not pair.gold or pair.gold_at is None:
            return "No: its answer is not known"
        return f"{pair.get_gold_display()}, said by {pair.gold_by} on {pair.gold_at:%Y-%m-%d %H:%M} UTC"


@admin.register(Vote)
class VoteAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Single votes, newest first."""

    empty_words = "Votes are cast by contributors who compare blind pairs."
    project_path = "pair__project"
    may_add = may_change = may_delete = False
    list_display = ["number", "pair_link", "project", "voter", "said", "refined_is_a", "seconds", "cast_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter]
    list_select_related = ["pair__project", "voter"]
    readonly_fields = [
        "pair_link", "project", "voter", "said", "choice", "both_bad", "refined_is_a", "criteria", "seconds",
        "cast_at",
    ]  # fmt: skip
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vote]:
        """Votes of the person's projects, with what the page names."""
        rows: QuerySet[Vote] = super().get_queryset(request)
        return rows.select_related("pair__project", "voter")

    @admin.display(description="vote")
    def number(self, vote: Vote) -> str:
        """Its number."""
        return f"#{vote.pk}"

    @admin.display(description="pair")
    def pair_link(self, vote: Vote) -> SafeString:
        """The pair it belongs to."""
        return link(reverse("admin:arena_pair_change", args=[vote.pair_id]), f"#{vote.pair_id}")

    @admin.display(description="project")
    def project(self, vote: Vote) -> str:
        """The project."""
        return vote.pair.project.name

    @admin.display(description="preference")
    def said(self, vote: Vote) -> str:
        """What the voter preferred."""
        return preference(vote)
