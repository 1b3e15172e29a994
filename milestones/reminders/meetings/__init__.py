"""The mail that meetings owe: reminders before them, and that one was moved or cancelled."""
