"""URLs of the work room. The pages of finished work, which higher rooms fill, are in web.work_urls."""

from django.urls import path

from work import bench_views, queue_views

app_name = "work"
urlpatterns = [
    path("queue/", queue_views.show, name="queue"),
    path("queue/claim/", queue_views.claim, name="claim"),
    path("queue/resume/<int:pk>/", queue_views.resume, name="resume"),
    path("bench/<int:pk>/", bench_views.bench, name="bench"),
    path("bench/<int:pk>/draft", bench_views.draft, name="draft"),
    path("bench/<int:pk>/heartbeat", bench_views.heartbeat, name="heartbeat"),
    path("bench/<int:pk>/release", bench_views.release, name="release"),
    path("bench/<int:pk>/submit", bench_views.submit, name="submit"),
]
