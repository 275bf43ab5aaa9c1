"""What do all Slipway services do alike? Logs, request ids, draining and health.

The API and Django import it, and both images hold it. It imports nothing of either service.
"""
