"""How does somebody get a role in an organization? By accepting a mailed invitation."""
