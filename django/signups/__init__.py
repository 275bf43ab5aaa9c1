"""Who signs up for what? Organizations, their events, and the volunteers."""
