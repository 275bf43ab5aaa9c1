"""How is a droplet a target? Found or made in the cloud, prepared over SSH, shipped to, followed."""
