"""Progress notes: what a team did in a month, what comes next and what blocks, with the figures as they stood then."""
