"""The demonstration's mailbox: open to anyone, because the mail that lets a person in must be readable before that."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from teams.accounts.access import public

from . import selectors
from .forms import MailboxFilter
from .models import MailboxMessage
from .preview import framed

PAGE_SIZE = 25


def only_in_a_demonstration() -> None:
    """Raise Http404 on a portal in use, whose mail really goes out."""
    if not settings.DEMONSTRATION:
        raise Http404("there is a mailbox in a demonstration only")


@public
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every mail that the demonstration would have sent, newest first."""
    only_in_a_demonstration()
    chosen = MailboxFilter(request.GET)
    page = Paginator(selectors.messages(chosen.words), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "notices/mailbox.html", {"page": page, "filter": chosen, "breadcrumb": []})


@public
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as text, and as HTML in a frame of its own."""
    only_in_a_demonstration()
    context = {
        "message": get_object_or_404(MailboxMessage, pk=pk),
        "breadcrumb": [("Mailbox", reverse("notices:mailbox"))],
    }
    return render(request, "notices/message.html", context)


@public
def message_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail, for the frame."""
    only_in_a_demonstration()
    mail = get_object_or_404(MailboxMessage, pk=pk)
    if not mail.html:
        raise Http404("this mail is text alone")
    return framed(mail.html)
