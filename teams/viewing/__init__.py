"""The room in which administrators see the portal as a role sees it."""
