"""What can an operator have done by hand? `python manage.py <command>`."""
