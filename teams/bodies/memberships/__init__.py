"""Who has which role since when and until when: the pages of those who keep it, and what they can do."""
