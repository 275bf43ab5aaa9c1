"""How is this machine a target? The stack as processes on loopback ports, with a certificate of its own."""
