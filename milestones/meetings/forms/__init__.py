"""What the pages of the room ask, a file for each subject."""
