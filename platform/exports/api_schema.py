"""How the API's schema describes our tokens; imported once by the app's configuration."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry is untyped
    """Bearer tokens."""

    target_class = "exports.token_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The scheme as OpenAPI names it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the tokens page, such as hc_…",
        }
