"""What the portal brings along, so that a bare machine with Python can run and test it.

PostgreSQL, Valkey and Node come as Python wheels (requirements/embedded.txt); this package starts and stops
them, fetches the web assets of others, and keeps the portal's own processes running. A deployment that has
services of its own (docker-compose.yml) uses none of it.
"""


class CannotStart(Exception):
    """Something on this machine is in the way; the text says what it is and what to do about it."""
