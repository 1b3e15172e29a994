"""WHO: people, bodies, their notices and their history."""
