"""Whether strangers may sign up: closed unless the operator opens it."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-up by the operator's setting."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the sign-up page takes new people."""
        return bool(settings.SIGN_UP_OPEN)
