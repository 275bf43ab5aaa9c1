"""How does the stack run as containers of a Docker Engine? Compose translates, the Engine's API does the rest."""
