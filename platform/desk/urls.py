"""URLs of the desk room."""

from django.urls import path

from desk import judge, likeness, telling, views

app_name = "desk"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("submissions/<int:pk>/", views.files, name="files"),
    path("names/<slug:kind>/<int:pk>/", telling.look, name="names_look"),
    path("names/<slug:kind>/<int:pk>/take-out/", telling.take_out, name="take_names_out"),
    path("names/<slug:kind>/<int:pk>/let-stand/", telling.let_stand, name="let_names_stand"),
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/names/", telling.names, name="names"),
    path("<slug:slug>/judge/", judge.judge, name="judge"),
    path("<slug:slug>/judge/switch/", judge.switch, name="judge_switch"),
    path("<slug:slug>/judge/order/", judge.order, name="judge_order"),
    path("<slug:slug>/likeness/", likeness.likeness, name="likeness"),
    path("<slug:slug>/open-tasks/", views.open_tasks, name="open_tasks"),
]
