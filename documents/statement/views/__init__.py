"""The pages of the statement of work, a file for each subject."""
