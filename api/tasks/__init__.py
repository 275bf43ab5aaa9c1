"""Does the worker do what the API hands to it?"""
