"""What people remark on the work: a text with its author, a mark for the government alone, and its withdrawal.

A note (milestones/work) is a remark; whatever else is one takes text, mark, withdrawal and visibility from here.
"""
