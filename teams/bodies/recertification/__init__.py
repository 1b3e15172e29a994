"""Recertification of access: once in a while an administrator goes through who has what, and signs it off."""
