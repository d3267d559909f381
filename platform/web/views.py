"""Home, and whether the site is well."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

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
