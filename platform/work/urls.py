"""URLs of the work room. The pages of finished work, which higher rooms fill, are in web.work_urls."""

from django.urls import path

from work import assist_views, bench_views, queue_views, version_views

app_name = "work"
urlpatterns = [
    path("queue/", queue_views.show, name="queue"),
    path("queue/claim/", queue_views.claim, name="claim"),
    path("queue/next/", queue_views.next_task, name="next"),
    path("queue/watch/", queue_views.watch, name="watch"),
    path("queue/unwatch/", queue_views.unwatch, name="unwatch"),
    path("queue/dismiss/", queue_views.dismiss, name="dismiss"),
    path("queue/resume/<int:pk>/", queue_views.resume, name="resume"),
    path("bench/<int:pk>/", bench_views.bench, name="bench"),
    path("bench/<int:pk>/draft", bench_views.draft, name="draft"),
    path("bench/<int:pk>/versions", version_views.versions, name="versions"),
    path("bench/<int:pk>/versions/<int:rev>", version_views.version, name="version"),
    path("bench/<int:pk>/heartbeat", bench_views.heartbeat, name="heartbeat"),
    path("bench/<int:pk>/release", bench_views.release, name="release"),
    path("bench/<int:pk>/assist", assist_views.show, name="assist"),
    path("bench/<int:pk>/assist/stream", assist_views.stream, name="assist_stream"),
    path("bench/<int:pk>/assist/cancel", assist_views.cancel, name="assist_cancel"),
    path("bench/<int:pk>/assist/accept", assist_views.accept, name="assist_accept"),
    path("bench/<int:pk>/submit", bench_views.submit, name="submit"),
]
