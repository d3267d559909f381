"""URLs of the desk room."""

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("submissions/<int:pk>/", views.files, name="files"),
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/open-tasks/", views.open_tasks, name="open_tasks"),
]
