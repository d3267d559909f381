"""States of projects and imports."""

from django.db import models

from core.flow import Flow, transition


class ProjectStatus(models.TextChoices):
    """Work is handed out only while a project is active."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


PROJECT = Flow(
    "catalog.Project",
    ProjectStatus,
    [
        transition("activate", ProjectStatus.DRAFT, ProjectStatus.ACTIVE),
        transition("pause", ProjectStatus.ACTIVE, ProjectStatus.PAUSED),
        transition("resume", ProjectStatus.PAUSED, ProjectStatus.ACTIVE),
        transition("close", [ProjectStatus.ACTIVE, ProjectStatus.PAUSED], ProjectStatus.CLOSED),
    ],
    initial=ProjectStatus.DRAFT,
)


class ImportStatus(models.TextChoices):
    """An import checks its whole file before it writes a row."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


IMPORT = Flow(
    "catalog.Import",
    ImportStatus,
    [
        transition("start", [ImportStatus.QUEUED, ImportStatus.RUNNING], ImportStatus.RUNNING),
        transition("finish", ImportStatus.RUNNING, ImportStatus.DONE),
        transition("refuse", ImportStatus.RUNNING, ImportStatus.REFUSED),
    ],
    initial=ImportStatus.QUEUED,
)
