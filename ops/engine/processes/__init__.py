"""How does the stack run on this machine without a container engine? As processes under a supervisor."""
