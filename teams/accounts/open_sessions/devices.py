"""What a browser says of itself, in plain words. It may say anything: the words help to recognize and prove nothing."""

from __future__ import annotations

from typing import Final

NOT_SAID: Final = "Not said"

# The first that is found counts: most browsers also name those that they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "a Chromebook"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)
_LONGEST: Final = 40


def in_words(user_agent: str) -> str:
    """ "Firefox on Windows", "Safari on an iPhone"; for a program its own first word; "Not said" for nothing.

    Based on how browsers write the User-Agent header (RFC 9110, section 10.1.5, and their habits).
    """
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    if browser or system:
        return browser or f"A browser on {system}"
    words = user_agent.split("/")[0].split()
    return words[0][:_LONGEST] if words else NOT_SAID
