"""What is asked on the pages of the statement of work, a file for each subject."""
