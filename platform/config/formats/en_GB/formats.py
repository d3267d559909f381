"""As the pages' own templates write them: 26 Nov 2026 17:28."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y H:i"
