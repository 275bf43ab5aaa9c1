"""What does the public talk to? The FastAPI service of Slipway."""
