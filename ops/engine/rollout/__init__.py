"""What happens, in which order, when a release comes up on a host, and how is it undone?"""
