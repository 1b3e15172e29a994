"""iCalendar (RFC 5545): the one place that writes it, and the time zones that a file brings along."""
