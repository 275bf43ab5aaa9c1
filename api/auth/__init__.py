"""How does one get an account, log in and log out?"""
