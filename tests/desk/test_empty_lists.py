"""An empty list of the desk says where its rows come from, and how to see all when a filter emptied it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from catalog.admin_scope import ProjectScopedAdmin
from catalog.project_admin import MembershipAdmin, ProjectAdmin
from tests.worlds import world

pytestmark = pytest.mark.django_db

SCOPED = [kept for kept in admin.site._registry.values() if isinstance(kept, ProjectScopedAdmin)]


def address(kept: Any) -> str:
    """Where the list is."""
    return reverse(f"admin:{kept.opts.app_label}_{kept.opts.model_name}_changelist")


@pytest.mark.parametrize("kept", SCOPED, ids=lambda kept: kept.opts.label)
def test_every_list_has_its_words(kept: Any) -> None:
    assert kept.empty_words.endswith(".")


@pytest.mark.parametrize("kept", SCOPED, ids=lambda kept: kept.opts.label)
def test_a_lead_without_rows_reads_them(kept: Any) -> None:
    lead = world(prompts=0).lead
    client = Client()
    client.force_login(lead)
    html = client.get(address(kept)).content.decode()
    if isinstance(kept, ProjectAdmin | MembershipAdmin):  # who leads a project sees it and its members
        assert "hc-empty" not in html
    else:
        assert f"No {kept.opts.verbose_name_plural} yet" in html
        assert kept.empty_words.replace("'", "&#x27;") in html
        assert f"No {kept.opts.verbose_name_plural} match" not in html
    assert "yielded into no results" not in html


def test_what_a_search_emptied_can_be_shown_whole() -> None:
    client = Client()
    client.force_login(world(prompts=3).lead)
    html = client.get(
        reverse("admin:catalog_prompt_changelist"), {"q": "nowhere-to-be-found"}
    ).content.decode()
    assert "No prompts match" in html
    assert '<a class="hc-btn hc-btn-main" href="?">Show all</a>' in html
