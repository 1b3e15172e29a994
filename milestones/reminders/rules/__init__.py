"""The rules by which a group is reminded: listed in sentences, and changed by its administrators."""
