"""Who signs the certificates of a rehearsal?"""

from rehearsal.acme.pebble import Pebble, start_pebble

__all__ = ("Pebble", "start_pebble")
