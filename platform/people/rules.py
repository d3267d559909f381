"""Who may what: one table. Membership of a project gives roles; operators hold every one of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models


class Role(models.TextChoices):
    """What a person is within one project."""

    CONTRIBUTOR = "contributor", "Contributor"
    REVIEWER = "reviewer", "Reviewer"
    LEAD = "lead", "Lead"
    ML = "ml", "ML user"


class Permission(models.TextChoices):
    """One thing that can be allowed."""

    REFINE = "refine", "Claim refine and write tasks"
    REVIEW = "review", "Claim review tasks"
    COMPARE = "compare", "Claim compare tasks"
    SEE_EVIDENCE = "see_evidence", "See submissions with their evidence"
    LEAD = "lead", "Set up the project, import, manage members, build releases"
    DOWNLOAD = "download", "Download releases and hold tokens"


ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.REFINE: frozenset({Role.CONTRIBUTOR}),
    Permission.REVIEW: frozenset({Role.REVIEWER}),
    # Reviewers vote too: who touched the lineage is barred by the claim itself.
    Permission.COMPARE: frozenset({Role.CONTRIBUTOR, Role.REVIEWER}),
    Permission.SEE_EVIDENCE: frozenset({Role.LEAD}),
    Permission.LEAD: frozenset({Role.LEAD}),
    Permission.DOWNLOAD: frozenset({Role.LEAD, Role.ML}),
}


def allows(roles: Iterable[str], permission: Permission) -> bool:
    """Whether any of `roles` carries `permission`."""
    return any(role in ALLOWED[permission] for role in roles)


def roles_with(permission: Permission) -> list[str]:
    """The roles that carry `permission`."""
    return sorted(role.value for role in ALLOWED[permission])
