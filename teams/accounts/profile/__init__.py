"""What a person says of themselves: their name and their time zone."""
