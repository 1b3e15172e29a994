"""Why a person can see a page, or can't: the rule and the membership that decide it, for administrators."""
