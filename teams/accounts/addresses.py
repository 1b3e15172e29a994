"""Addresses that open something by themselves, and are kept out of logs and records."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def secret_address(view: View) -> View:
    """The address of the view opens something by itself, such as a signed link: no log and no record keeps it."""
    view.has_secret_address = True  # type: ignore[attr-defined]
    return view


def address_kept(path: str) -> str:
    """The path of a request as logs and the history may keep it: of a secret address only what it starts with."""
    try:
        match = resolve(path)
    except Resolver404:
        return path
    if not getattr(match.func, "has_secret_address", False):
        return path
    for value in match.kwargs.values():
        path = path.replace(str(value), "…")
    return path


class WithoutSecretAddresses(logging.Filter):
    """Keeps secret addresses out of what Django logs of requests that it refuses, or that fail."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; changes the record."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            kept = address_kept(request.path_info)
            if kept != request.path_info:
                record.args = tuple(kept if each in (request.path, request.path_info) else each for each in record.args)
        return True
