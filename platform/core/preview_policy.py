"""The headers every answer of the preview origin carries: the one source of truth for the site and the robot.

Pure: origins go in as `scheme://host[:port]` without a trailing slash, header mappings come out. Why each line
is there is told in docs/security.md; `tests/hostile` shows what leaks when one is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

SANDBOX_TOKENS = "allow-scripts allow-forms"

# Every policy-controlled feature that Chromium knows; a name it does not know makes it complain in every console.
PERMISSION_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "captured-surface-control",
    "ch-ua-high-entropy-values",
    "clipboard-read",
    "clipboard-write",
    "compute-pressure",
    "cross-origin-isolated",
    "deferred-fetch",
    "deferred-fetch-minimal",
    "digital-credentials-create",
    "digital-credentials-get",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "interest-cohort",
    "keyboard-map",
    "language-detector",
    "language-model",
    "local-fonts",
    "local-network-access",
    "loopback-network",
    "local-network",
    "magnetometer",
    "microphone",
    "midi",
    "on-device-speech-recognition",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "private-state-token-issuance",
    "private-state-token-redemption",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "speaker-selection",
    "storage-access",
    "summarizer",
    "sync-xhr",
    "translator",
    "unload",
    "window-management",
    "xr-spatial-tracking",
)


def content_security_policy(preview_origin: str, app_origin: str) -> str:
    """Return the CSP of the frame page: inline code and the shelf run, nothing is fetched, posted or framed."""
    shelf = f"{preview_origin}/shelf/"
    return "; ".join(
        (
            f"sandbox {SANDBOX_TOKENS}",
            "default-src 'none'",
            # Outputs run inline code, blob: modules built by the runtime, and Babel or Tailwind, which evaluate.
            f"script-src 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob: data: {shelf}",
            f"style-src 'unsafe-inline' blob: data: {shelf}",
            f"img-src data: blob: {shelf}",
            f"font-src data: blob: {shelf}",
            f"media-src data: blob: {shelf}",
            "worker-src blob: data:",
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-src 'none'",
            f"frame-ancestors {app_origin}",
        )
    )


def permissions_policy() -> str:
    """Return a Permissions-Policy that turns every feature off."""
    return ", ".join(f"{feature}=()" for feature in PERMISSION_FEATURES)


def connection_allowlist(preview_origin: str) -> str:
    """Return the Connection-Allowlist (Chromium): only the shelf may be reached; the frame's script is inline."""
    return f'("{preview_origin}/shelf/*")'


def frame_headers(preview_origin: str, app_origin: str) -> Mapping[str, str]:
    """Return all headers of `/frame`, the page untrusted code runs in."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": content_security_policy(preview_origin, app_origin),
        "Connection-Allowlist": connection_allowlist(preview_origin),
        "Permissions-Policy": permissions_policy(),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def asset_headers(content_type: str, *, immutable: bool = False) -> Mapping[str, str]:
    """Return the headers of a file under `/runtime/` or `/shelf/`; `immutable` for names that carry a hash.

    The frame's origin is opaque, so modules and fonts need `Access-Control-Allow-Origin: *`.
    """
    return {
        "Content-Type": content_type,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Timing-Allow-Origin": "*",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable" if immutable else "no-cache",
    }
