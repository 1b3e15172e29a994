"""Invitations: how people come in. One goes by mail to an address, for a role in a body, and is accepted once."""
