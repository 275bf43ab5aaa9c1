"""How is a whole deploy tried out on one machine: the cloud, its droplets, its names and its certificates?"""
