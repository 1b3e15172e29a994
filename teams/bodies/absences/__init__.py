"""Who is away from a group, who stands in for them, and what passes to the stand-in: pages, rules and mails."""
