"""Names for the fields of an admin's table, whose column heads name them only for the eye."""

from __future__ import annotations

from typing import Any

from django.db.models import Field
from django.http import HttpRequest
from django.utils.text import capfirst


class NamedCells:
    """Put before a TabularInline: each field says its name to a screen reader."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The field, named as its column is."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # of the inline
        if field is not None:
            field.widget.attrs.setdefault("aria-label", capfirst(field.label))
        return field
