"""Showing a mail as it went, inside a page: a document of its own that can do nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from django.http import HttpResponse

# `<style>` without attributes, as our own mails have it; its text is what the policy's hash is made of (CSP 3, 2.3.1).
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def framed(html: str) -> HttpResponse:
    """The HTML of a mail for a sandboxed frame of the portal's own pages.

    No script runs, nothing is loaded, no form is sent; only the mail's own <style> block applies. A link opens a page
    of its own.
    """
    response = HttpResponse(html)
    hashes = [f"'sha256-{_digest(style)}'" for style in _STYLE.findall(html)] or ["'none'"]
    response["Content-Security-Policy"] = "; ".join(
        [
            "sandbox allow-popups allow-popups-to-escape-sandbox",
            "default-src 'none'",
            f"style-src {' '.join(hashes)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        ]
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
