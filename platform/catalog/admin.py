"""The catalogue in the admin: one module for each thing a lead works with."""

from catalog.import_admin import ImportAdmin
from catalog.project_admin import CodeModelAdmin, MembershipAdmin, ProjectAdmin
from catalog.prompt_admin import GenerationAdmin, PromptAdmin

__all__ = [
    "CodeModelAdmin",
    "GenerationAdmin",
    "ImportAdmin",
    "MembershipAdmin",
    "ProjectAdmin",
    "PromptAdmin",
]
