"""The frame of the admin, as plain data for settings: nothing here imports Django."""

from __future__ import annotations

from typing import Any

FRAME: dict[str, Any] = {
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "desk.navigation.sidebar",
    },
    "STYLES": ["desk.navigation.stylesheet"],
    "SCRIPTS": ["desk.navigation.theme_script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "desk.navigation.favicon"}],
    "SITE_SYMBOL": "landscape",
    "ENVIRONMENT": None,
    "ACCOUNT": {"navigation": [{"title": "To the site", "link": "/"}]},
}
