"""The work room's URLs, with the pages of finished work: checks, reviews and verdicts come from higher rooms."""

from django.urls import path

from web import guideline_views, my_work_views, submission_views
from work.urls import app_name as app_name
from work.urls import urlpatterns as work_patterns

urlpatterns = [
    *work_patterns,
    path("guideline/<slug:slug>/", guideline_views.guideline, name="guideline"),
    path("guideline/<slug:slug>/acknowledge/", guideline_views.acknowledge, name="acknowledge"),
    path("work/", my_work_views.mine, name="mine"),
    path("work/<int:pk>/", submission_views.submission, name="submission"),
    path("work/<int:pk>/progress/", submission_views.progress, name="submission_progress"),
    path("work/<int:pk>/dispute/", submission_views.dispute, name="dispute"),
]
