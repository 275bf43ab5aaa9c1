"""How does a shell start what a script puts into the background? With the signals of the keyboard ignored."""

from __future__ import annotations

IN_THE_BACKGROUND = ("sh", "-c", 'trap "" INT QUIT; exec "$@"', "sh")  # words before those of a program
