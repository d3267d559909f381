"""The work room's URLs, with the pages of finished work: checks, reviews and verdicts come from higher rooms."""

from django.urls import path

from web import my_work_views, submission_views
from work.urls import app_name as app_name
from work.urls import urlpatterns as work_patterns

urlpatterns = [
    *work_patterns,
    path("work/", my_work_views.mine, name="mine"),
    path("work/<int:pk>/", submission_views.submission, name="submission"),
    path("work/<int:pk>/dispute/", submission_views.dispute, name="dispute"),
]
