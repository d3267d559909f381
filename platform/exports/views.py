"""The releases pages of ML teams: list, card with files, download, tokens."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Project
from catalog.rules import may_anywhere, projects_where
from core.errors import HillclimbError, NotAllowed
from exports import actions, card_page, downloads, proof_page, samples, token_actions
from exports.card import ABOUT_CONFIG
from exports.columns import CONFIGS
from exports.manifest import by_split
from exports.models import Recipe, Release, ReleaseFile, Token, Verb
from exports.names import CARD
from exports.proof import CERTIFICATE
from exports.rules import visible
from exports.states import ReleaseStatus
from people.models import User
from people.rules import Permission
from work.held import preview_as_json

TOKEN_DAYS = (7, 30, 90, 365)


class Gone(HillclimbError):
    """The release was withdrawn."""

    status = 410
    code = "release_withdrawn"
    title = "This release was withdrawn"


def gone(release: Release) -> Gone:
    """The tombstone of a withdrawn release as an error."""
    when, newer = release.withdrawn_at, release.newer()
    return Gone(
        f"{release} was withdrawn: {release.withdrawn_reason}",
        extra={
            "withdrawn_at": when.isoformat() if when else None,
            "reason": release.withdrawn_reason,
            "newer": {"id": newer.pk, "version": newer.version} if newer else None,
        },
    )


def _person(request: HttpRequest) -> User:
    user = cast(User, request.user)
    if not may_anywhere(user, Permission.DOWNLOAD):
        raise NotAllowed(
            "Releases are open to ML users and leads of a project. Ask a project's lead for access."
        )
    return user


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every release the person may fetch, newest first."""
    releases = visible(_person(request)).select_related("recipe", "project")
    sized = releases.annotate(size=Sum("files__byte_size")).order_by("-published_at", "-id")
    page = Paginator(sized, 30).get_page(request.GET.get("page"))
    return render(request, "exports/index.html", {"page": page})


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One release: its card, files and checksums; withdrawn, its tombstone under status 410."""
    release = get_object_or_404(visible(_person(request)).select_related("recipe", "project"), pk=pk)
    if release.status == ReleaseStatus.WITHDRAWN:
        return _tombstone(request, release)
    files = list(release.files.select_related("release"))
    counted = release.manifest["rows"]
    configs = [config for config in CONFIGS if config in counted]
    context: dict[str, Any] = {
        "release": release,
        "newer": release.newer(),
        "groups": _groups(files),
        "rows": by_split(counted[configs[0]]) if configs else [],
        "total": sum(file.byte_size for file in files),
        "folder": f"{release.recipe.name}-{release.version}",
        "site": request.build_absolute_uri("/").rstrip("/"),
        "config": "preference" if "preference" in configs else next(iter(configs), ""),
        "api": request.build_absolute_uri(reverse("api:release", args=[release.pk])).rstrip("/"),
        "rescans": list(release.rescans.all()[:5]),
        **_card(files),
        **_proof(files),
    }
    return render(request, "exports/detail.html", context)


def _tombstone(request: HttpRequest, release: Release) -> HttpResponse:
    """Why a release is served no more, and which one took its place."""
    context = {"release": release, "newer": release.newer()}
    return render(request, "exports/tombstone.html", context, status=410)


@login_required
@require_safe
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of a release with its pages running side by side; 410 when it was withdrawn. Looking is an event, too."""
    user = _person(request)
    release = get_object_or_404(visible(user).select_related("recipe", "project"), pk=pk)
    if release.status == ReleaseStatus.WITHDRAWN:
        return _tombstone(request, release)
    counted = samples.splits(release)
    split = request.GET.get("split", next(iter(counted), ""))
    context: dict[str, Any] = {"release": release, "splits": counted, "split": split}
    if counted:
        found = samples.sample(release, split, _whole(request.GET.get("row", "1")))
        actions.record_look(release=release, by=user, split=split, number=found.number)
        context |= {
            "sample": found,
            "facts": _facts(found.row),
            "data": {"preview": preview_as_json(), "sets": found.sides},
        }
    return render(request, "exports/look.html", context)


def _facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known of a row, as a reader asks for it."""
    votes = f"{row['votes_chosen']} for it, {row['votes_rejected']} against, {row['votes_tied']} tied"
    facts = [
        ("Row", row["id"]),
        (
            "Pair",
            f"{row['pair_type'].replace('_', ' ')}; the rejected page is by {row['rejected_by']}"
            if row["rejected_by"]
            else row["pair_type"],
        ),
        ("Votes", f"{votes} ({row['votes_from'].replace('_', ' ')})"),
        ("Weight", f"{row['weight']:.3f}"),
        ("Soft label", f"{row['soft_label']:.3f}"),
        ("Contributor", row["contributor"]),
        ("Tags", ", ".join(row["tags"])),
        ("Source", f"{row['source']}, {row['license']}"),
        ("Why it is better", row["rationale"]),
        ("Reviewers said", row["review_notes"]),
    ]
    return [(name, text) for name, text in facts if text]


def _groups(files: list[ReleaseFile]) -> list[tuple[str, str, list[ReleaseFile]]]:
    """The files by config: title, what a row is, files; the card and checksums first."""
    groups: dict[str, list[ReleaseFile]] = {"": []}
    for file in files:
        groups.setdefault(file.path.split("/")[1] if file.path.startswith("data/") else "", []).append(file)
    about = {config: text.replace("`", "") for config, text in ABOUT_CONFIG.items()}
    order = ["", *(config for config in CONFIGS if config in groups)]
    titles = {"": ("Card and checksums", "Read these first.")}
    return [(*titles.get(name, (name, about.get(name, ""))), groups[name]) for name in order]


def _card(files: list[ReleaseFile]) -> dict[str, str]:
    """The card as safe HTML, or why it is not shown."""
    readme = next((file for file in files if file.path == CARD), None)
    if readme is None:
        return {"card": "", "card_fault": "This release has no card."}
    try:
        with downloads.opened(readme) as handle:
            return {"card": card_page.as_html(handle.read().decode()), "card_fault": ""}
    except downloads.Tampered as fault:
        return {"card": "", "card_fault": fault.detail}


def _proof(files: list[ReleaseFile]) -> dict[str, Any]:
    """The certificate for the page, or why it is not shown."""
    found = next((file for file in files if file.path == CERTIFICATE), None)
    if found is None:
        return {"proof": None, "proof_fault": ""}
    try:
        with downloads.opened(found) as handle:
            return {
                "proof": proof_page.shown(handle.read().decode(), settings.PUBLIC_KEYS),
                "proof_fault": "",
            }
    except downloads.Tampered as fault:
        return {"proof": None, "proof_fault": fault.detail}


@login_required
@require_safe
def file(request: HttpRequest, pk: int, path: str) -> HttpResponse | StreamingHttpResponse:
    """One file of a release, resumable."""
    user = _person(request)
    release = get_object_or_404(visible(user), pk=pk)
    return send(request, release, path, by=user, token=None)


def send(
    request: HttpRequest, release: Release, path: str, *, by: User, token: Token | None
) -> HttpResponse | StreamingHttpResponse:
    """Answer with a file of `release` and record the download. Raises Gone when it was withdrawn."""
    if release.status == ReleaseStatus.WITHDRAWN:
        raise gone(release)
    found = get_object_or_404(release.files.select_related("release"), path=path)
    answer, start = downloads.response(request, found)
    if request.method == "GET" and answer.status_code in (200, 206):
        actions.record_download(file=found, by=by, token=token, start=start)
    return answer


@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; POST makes one and shows its secret this once."""
    user = _person(request)
    made, secret = None, ""
    if request.method == "POST":
        project = get_object_or_404(
            projects_where(user, Permission.DOWNLOAD), pk=_whole(request.POST.get("project", ""))
        )
        dataset = _whole(request.POST.get("dataset", ""))
        try:
            made, secret = token_actions.make_token(
                by=user,
                project=project,
                recipe=get_object_or_404(_datasets(user), pk=dataset) if dataset else None,
                verbs=request.POST.getlist("verbs"),
                name=request.POST.get("name", ""),
                days=_whole(request.POST.get("days", "")),
            )
        except HillclimbError as error:
            said = [error.detail, *(f"{p.where} {p.what}. {p.todo}".strip() for p in error.problems)]
            messages.error(request, " ".join(said))
    context = {
        "tokens": Token.objects.filter(user=user).select_related("project", "recipe").order_by("-id"),
        "projects": _projects(user),
        "datasets": _datasets(user),
        "verbs": _verbs(user),
        "chosen": request.POST.getlist("verbs") if request.POST and not made else [Verb.READ, Verb.DOWNLOAD],
        "days": TOKEN_DAYS,
        "now": timezone.now(),
        "asked": {} if made else request.POST,
        "made": made,
        "secret": secret,
        "releases_api": request.build_absolute_uri(reverse("api:releases")),
    }
    answer = render(request, "exports/tokens.html", context)
    add_never_cache_headers(answer)
    return answer


def _projects(user: User) -> list[Project]:
    return list(projects_where(user, Permission.DOWNLOAD).order_by("name"))


def _datasets(user: User) -> QuerySet[Recipe]:
    """Datasets that have a release, or will."""
    theirs = Recipe.objects.filter(project__in=projects_where(user, Permission.DOWNLOAD))
    return theirs.select_related("project").order_by("project__name", "name")


def _verbs(user: User) -> list[tuple[str, str]]:
    """The verbs that the person may give a token."""
    leads = may_anywhere(user, Permission.LEAD)
    return [(verb.value, verb.label) for verb in Verb if leads or verb not in token_actions.OF_LEADS]


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one's token."""
    user = _person(request)
    token_actions.revoke_token(by=user, token=get_object_or_404(Token, pk=pk, user=user))
    messages.success(request, "The token is revoked. Whatever uses it now gets 401.")
    return redirect("exports:tokens")
