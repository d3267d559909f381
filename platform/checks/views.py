"""Evidence: the screenshots that a check kept, for those who may see them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from checks.models import CheckRun
from checks.reading import may_see_evidence
from core import blobs
from work.held import person

# Whatever the bytes are, a browser makes nothing of them but a picture.
_PICTURE_ONLY = "default-src 'none'; sandbox"


@login_required
@require_safe
def blob(request: HttpRequest, run: int, name: str) -> HttpResponseBase:
    """One screenshot of a run. Whoever may not see it learns nothing of it: 404."""
    found = (
        CheckRun.objects.filter(pk=run)
        .select_related("submission", "draft__assignment", "retrial__submission")
        .defer("findings")
        .first()
    )
    digest = found.evidence.get(name) if found is not None and name.endswith(".png") else None
    if found is None or digest is None or not may_see_evidence(person(request), found):
        raise Http404("There is no such evidence.")
    try:
        file = blobs.open(digest)
    except FileNotFoundError:
        raise Http404("This evidence is no longer kept.") from None
    # Named by content and never rewritten, so a browser may keep it; it is private to who asked.
    return FileResponse(
        file,
        content_type="image/png",
        headers={
            "Content-Security-Policy": _PICTURE_ONLY,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Disposition": "inline",
            "Cache-Control": "private, max-age=86400, immutable",
        },
    )
