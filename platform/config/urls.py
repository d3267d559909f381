"""Every URL of the application's origin. The preview origin is answered before this, in web.hosts."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    path("", include("web.work_urls")),
    path("review/", include("review.urls")),
    path("compare/", include("arena.urls")),
    path("checks/", include("checks.urls")),
    path("releases/", include("exports.urls")),
    path("api/v1/", include("desk.api_urls")),
    path("desk/", include("desk.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
