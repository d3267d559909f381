"""What people may change about themselves."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django import forms

from people.models import User

# Names of places only: the rest are aliases and fixed offsets that know no summer time.
_PLACES = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache  # It opens every file of the zone database.
def zones() -> tuple[tuple[str, str], ...]:
    """Time zones to choose from: UTC, then places by name."""
    places = sorted(name for name in available_timezones() if name.split("/")[0] in _PLACES and "/" in name)
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places))


if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
else:
    UserForm = forms.ModelForm  # generic to the type checker only


class AccountForm(UserForm):
    """Name, time zone and theme."""

    timezone = forms.ChoiceField(
        label="Time zone", help_text="Every time and every day’s cap is shown and counted in it."
    )
    theme = forms.ChoiceField(
        label="Theme",
        required=False,
        choices=[("", "Follow the system"), ("light", "Light"), ("dark", "Dark")],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "timezone", "theme")
        labels = {"first_name": "First name", "last_name": "Last name"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        choices = list(zones())
        if self.instance.timezone and self.instance.timezone not in dict(choices):
            choices.insert(0, (self.instance.timezone, self.instance.timezone))
        self.fields["timezone"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField, declared above
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["last_name"].widget.attrs["autocomplete"] = "family-name"
