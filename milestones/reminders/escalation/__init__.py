"""What goes further than the owner: to the lead of the milestone's body, and to the chair."""
