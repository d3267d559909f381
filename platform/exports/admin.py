"""Releases in the admin: one module for each thing a lead works with."""

from exports.recipe_admin import RecipeAdmin
from exports.release_admin import ReleaseAdmin
from exports.rights_admin import RightsOverrideAdmin
from exports.token_admin import TokenAdmin

__all__ = ["RecipeAdmin", "ReleaseAdmin", "RightsOverrideAdmin", "TokenAdmin"]
