"""Makes the desk's site the admin site. Named in INSTALLED_APPS in place of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    """The admin with the desk's site."""

    default_site = "desk.site.DeskSite"
