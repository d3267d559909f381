"""Settings, URLs and the Celery application, which must exist in every process that may ring for a job."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
