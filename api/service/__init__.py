"""What do all Slipway services do alike? Logs, request ids, draining and health.

`api/service` and `django/config/service` hold the same files: two images, no shared third one.
A test holds that they stay the same; edit both.
"""
