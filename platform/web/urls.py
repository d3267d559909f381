"""URLs of the web room."""

from django.urls import path

from web import account_views, statement_views, views

app_name = "web"
urlpatterns = [
    path("", views.home, name="home"),
    path("account/", account_views.account, name="account"),
    path("statement/", statement_views.statement, name="statement"),
    path("statement/entries.csv", statement_views.entries_csv, name="statement_csv"),
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
]
