"""Names of checks in templates, the same words as on the bench (`frontend/app/checks/labels.ts`)."""

from __future__ import annotations

from django import template

from checks.registry import label_of

register = template.Library()
register.filter("check_name", label_of)
