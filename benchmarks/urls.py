"""The site's URLs and the empty view."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from catalog.models import Prompt
from config.urls import *  # noqa: F403 - the site's own table and handlers
from config.urls import urlpatterns as site


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """A signed-in request with one indexed query: what Django itself costs."""
    Prompt.objects.filter(pk=1).values_list("pk").first()
    return HttpResponse("")


urlpatterns = [path("benchmark/empty/", empty), *site]
