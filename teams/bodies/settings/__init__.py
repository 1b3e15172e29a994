"""The settings of a group that are changed in the portal: its time zone, and what its bodies are called and are for."""
