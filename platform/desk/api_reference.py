"""How the API is described: what the reference says of itself, and how its types are named."""

REFERENCE: dict[str, object] = {
    "TITLE": "Hillclimb API",
    "DESCRIPTION": (
        "Projects, imports, releases and webhooks of Hillclimb. Send a token as `Authorization: Bearer hc_…`. Lists come a "
        "page at a time: follow `next`. Errors are problem+json (RFC 9457). Unknown query parameters are refused."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # Fields of one name and other choices are other types: each is named after what it tells of.
    "ENUM_NAME_OVERRIDES": {
        "ProjectStatusEnum": "catalog.states.ProjectStatus",
        "ImportStatusEnum": "catalog.states.ImportStatus",
        "ReleaseStatusEnum": "exports.states.ReleaseStatus",
        "DeliveryStatusEnum": "webhooks.states.DeliveryStatus",
        "NewsEnum": "webhooks.states.News",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    # The list of types stays folded: an operation shows its own.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": 0},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}
