"""Reading a group's file into the tables: `docs/group-file.md` describes the file for the one who writes it.

From bottom to top: `complaints` (what is wrong, and where), `tree` (YAML whose every value knows its line), `kinds`
(what a single value may be), `sections` (the format: every section and field), `reading` (tree to items), `rules`
(what items must be to each other), `portal` (what is in the portal already), `recording` (items to rows), and
`load`, which does it all in one transaction.
"""
