"""The page that a link in a mail opens: answering for a milestone without signing in."""
