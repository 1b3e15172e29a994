"""A plan from an Excel file: the file that is filled in, its reading, what it would change, and the change."""
