"""Home, whether the site is well, and its figures for Prometheus."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checks.metrics import exposition
from people.rules import Permission, allows
from web import home as home_page
from web.navigation import roles_of, works
from work.held import person


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The page of the person's roles: work, the projects they lead, releases."""
    user, roles = person(request), roles_of(request)
    context = {
        "work": home_page.work_of(user) if works(roles) else None,
        "led": home_page.led_by(user) if allows(roles, Permission.LEAD) else [],
        "downloads": allows(roles, Permission.DOWNLOAD),
        "releases": home_page.releases_for(user) if allows(roles, Permission.DOWNLOAD) else [],
        "roles": roles,
    }
    return render(request, "web/home.html", context)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers, else 503; for load balancers, without session."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database does not answer"}, status=503)
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """How work waits and what it takes, for Prometheus. 404 to whoever has no METRICS_TOKEN, or where none is set."""
    said = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not hmac.compare_digest(said.encode(), wanted.encode()):
        raise Http404("No such page.")
    return HttpResponse(
        exposition(),
        content_type="text/plain; version=0.0.4; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
