"""The administrators' pages of people: who has an account, what ends with it, and opening it again."""
