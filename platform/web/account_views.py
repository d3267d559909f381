"""The account page: name, time zone, theme; what the person is a member of and qualified for."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from catalog.models import Membership
from people.forms import AccountForm
from people.models import Grant
from people.profile_actions import set_profile
from work.held import person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show or change one's own account."""
    user = person(request)
    form = AccountForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        set_profile(by=user, **form.cleaned_data)
        messages.success(request, "Your account is saved.")
        answer = redirect("web:account")
        # This browser's own choice steps back behind the one just made.
        answer.delete_cookie("theme")
        return answer
    context = {
        "form": form,
        "memberships": Membership.objects.filter(user=user)
        .select_related("project")
        .order_by("project__name", "role"),
        "grants": Grant.objects.filter(user=user)
        .select_related("qualification")
        .order_by("qualification__name"),
    }
    return render(request, "account/account.html", context, status=400 if form.errors else 200)
