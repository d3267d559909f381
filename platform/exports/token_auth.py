"""API tokens: 256 random bits behind a readable prefix, SHA-256 at rest, taken from the header only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from exports.models import Token

if TYPE_CHECKING:
    from rest_framework.request import Request

    from people.models import User

SCHEME = "Bearer"


def digest(secret: str) -> str:
    """SHA-256 of a token as hex. A 256-bit random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hc_…`. An expired, revoked or unknown token is 401, each said plainly."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """The token's person and the token; None when no token was sent."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower() or not secret:
            return None
        token = Token.objects.select_related("user").filter(digest=digest(secret.strip())).first()
        if token is None:
            raise AuthenticationFailed("This token is not known. Make a new one on the tokens page.")
        if token.revoked_at is not None:
            raise AuthenticationFailed("This token was revoked. Make a new one on the tokens page.")
        if token.expires_at <= timezone.now():
            raise AuthenticationFailed("This token has expired. Make a new one on the tokens page.")
        if not token.user.is_active:
            raise AuthenticationFailed("The person of this token is no longer active.")
        Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401, not 403, when a token is missing or bad."""
        return SCHEME
