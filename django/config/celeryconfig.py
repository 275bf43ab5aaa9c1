"""How does Celery behave? On the safe side: a task may run twice, it must not be lost, and so tasks are idempotent."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from config.heartbeat import BEAT_EVERY_S

broker_url = settings.REDIS_URL
result_backend = settings.REDIS_URL
timezone = settings.TIME_ZONE
result_expires = 3600
accept_content = ["json"]
task_serializer = "json"
result_serializer = "json"
task_track_started = True

# Acknowledged after the work, and put back when the child that did it was killed.
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = True

# Each bound is under the next: what a stop waits for a task (config/celery.py), a task's limit, the stop's grace (60 s
# in docker-compose.yml), the redelivery of what a killed worker had.
task_soft_time_limit = 40
task_time_limit = 45
visibility_timeout = 300
_redis = {"socket_connect_timeout": 2, "socket_timeout": 10, "health_check_interval": 10}
broker_transport_options: dict[str, Any] = {"visibility_timeout": visibility_timeout, **_redis}
result_backend_transport_options = {"visibility_timeout": visibility_timeout}
redis_socket_connect_timeout = 2
redis_socket_timeout = 10
broker_connection_timeout = 2
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# Who queues from a page waits for it.
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}

worker_consumer = "config.parking:ParkingConsumer"
worker_max_tasks_per_child = 1000
worker_hijack_root_logger = False
worker_redirect_stdouts = False
# Flower sees and steers workers by these; without it nobody does.
worker_enable_remote_control = worker_send_task_events = settings.CELERY_TELLS_FLOWER

beat_scheduler = "config.ticking:TickingScheduler"
beat_max_loop_interval = BEAT_EVERY_S


def _every(seconds: float, task: str, **options: Any) -> dict[str, Any]:
    """Name a task to be done so often. What was not begun by then is not done twice: it expires."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": seconds, **options}}


beat_schedule = {
    "deliver": _every(5, "signups.deliver", ignore_result=True),  # whoever writes a message says so; this is the belt
    "remind": _every(600, "signups.remind"),
    "invite": _every(600, "signups.invite"),
    "purge": _every(3600, "signups.purge"),
}
