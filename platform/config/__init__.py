"""Settings, URLs and the Celery application, which every process that rings must know."""

from config.celery import app

__all__ = ["app"]
