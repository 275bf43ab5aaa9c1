"""The engine: standard library only, packed as one file, runs where the services run."""
