"""How does a container behave as a fresh droplet does?"""
