"""DRF's way in: strict JSON only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from core import strict_json


class StrictJSONParser(BaseParser):
    """Parses request bodies with core.strict_json."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body; BadInput (400, problem+json) when it is not sound."""
        return strict_json.loads(stream.read())
