"""Changes to meetings and what prepares them."""

from .actions import add_action
from .changes import due_before, save_changes

__all__ = ["add_action", "due_before", "save_changes"]
