"""How a person's mail comes: their page of choices, and the link in each mail that switches a kind off."""
