"""Linking one's account at the identity provider with one's own here, and removing it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from ecomwg.embedded.processes import free_port
from teams.accounts import services as accounts
from teams.accounts.models import Identity, User
from teams.accounts.selectors import has_way_in
from tests import factories
from tests.identity_provider import ANSWER, LINK, PAGE, Issuer, provider_of
from tests.pages import words_of

pytestmark = pytest.mark.usefixtures("at_start")

REMOVE = "/accounts/identities/remove/"
AGAIN = "/accounts/reauthenticate/"


@pytest.fixture
def person(issuer: Issuer) -> User:
    """A member of a group with a password, and no identity yet."""
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    return made


@pytest.fixture
def theirs(person: User, signed_in: Callable[[User], Client]) -> Client:
    """The person's browser, where they have just given their password once more."""
    client = signed_in(person)
    prove_again(client)
    return client


def prove_again(client: Client) -> None:
    assert client.post(AGAIN, {"password": factories.PASSWORD}).status_code == 302


def link(client: Client, issuer: Issuer) -> str:
    """Link whoever the issuer says; returns the words of the page where that ends."""
    answer = issuer.come_back(client, issuer.leave(client, LINK))
    assert answer["Location"] == PAGE
    return words_of(client.get(PAGE))


def test_the_page_is_found_from_the_menu_and_the_profile(theirs: Client) -> None:
    for page in ("/", "/profile/", "/accounts/second-factor/"):
        assert f'href="{PAGE}"' in theirs.get(page).content.decode()
    assert "None is linked yet." in words_of(theirs.get(PAGE))


def test_ones_account_is_linked_and_signs_in_from_then_on(
    theirs: Client, person: User, issuer: Issuer, mailoutbox: list[EmailMessage]
) -> None:
    said = link(theirs, issuer)
    assert "Linked. From now on you can sign in with Login.gov." in said
    assert "Linked since July 20, 2018" in said
    identity = Identity.objects.get()
    assert (identity.person, identity.issuer, identity.subject) == (person, issuer.address, "subject-1")
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([person.email], "A Login.gov account can sign in as you")
    assert "it can sign in as you from now on" in str(mail.body)
    theirs.post("/accounts/logout/")
    assert issuer.sign_in(theirs)["Location"] == "/"
    assert theirs.session["_auth_user_id"] == str(person.pk)


def test_the_history_says_who_linked_and_removed_it(theirs: Client, person: User, issuer: Issuer) -> None:
    link(theirs, issuer)
    theirs.post(REMOVE, {"identity": Identity.objects.get().pk})
    events = Identity.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(event.pgh_label, event.pgh_context.metadata["user"]) for event in events] == [
        ("insert", person.pk),
        ("delete", person.pk),
    ]


def test_it_asks_for_the_password_again_and_then_goes_on(person: User, issuer: Issuer, client: Client) -> None:
    client.force_login(person)
    asked = client.post(LINK)
    assert asked["Location"] == f"{AGAIN}?next={LINK.replace('/', '%2F')}"
    assert issuer.asked == []
    answer = client.post(asked["Location"], {"password": factories.PASSWORD})
    assert answer["Location"].startswith(f"{issuer.address}/authorize?")


def test_nobody_links_without_being_signed_in(client: Client, issuer: Issuer) -> None:
    for path in (LINK, REMOVE):
        assert client.post(path)["Location"].startswith("/accounts/login/")
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")


def test_what_is_somebody_elses_stays_theirs(
    theirs: Client, person: User, issuer: Issuer, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    assert settings.IDENTITY_PROVIDER is not None
    other = factories.person()
    factories.identity(other, settings.IDENTITY_PROVIDER)
    assert "opens another person’s account here already" in link(theirs, issuer)
    assert Identity.objects.get().person == other
    assert mailoutbox == []


def test_the_same_twice_is_one(theirs: Client, person: User, issuer: Issuer, mailoutbox: list[EmailMessage]) -> None:
    link(theirs, issuer)
    link(theirs, issuer)
    assert Identity.objects.get().person == person
    assert len(mailoutbox) == 1


def test_two_accounts_there_can_open_one_here(theirs: Client, person: User, issuer: Issuer) -> None:
    link(theirs, issuer)
    issuer.subject = "subject-2"
    assert link(theirs, issuer).count("Linked since") == 2
    assert set(Identity.objects.values_list("person", flat=True)) == {person.pk}


def test_an_answer_to_a_link_that_somebody_else_began_links_nothing(
    theirs: Client, person: User, issuer: Issuer, client: Client
) -> None:
    asked = issuer.leave(theirs, LINK)
    theirs.post("/accounts/logout/")
    answer = issuer.come_back(theirs, asked)
    assert answer["Location"] == "/accounts/login/"
    assert not Identity.objects.exists()
    victim = Client()
    victim.force_login(factories.person())
    assert issuer.come_back(victim, asked)["Location"] == PAGE
    assert not Identity.objects.exists()


def test_a_link_goes_with_the_person_who_began_it(theirs: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(theirs, LINK)
    session = theirs.session
    kept = session["identity_journeys"]
    theirs.force_login(factories.person())
    session = theirs.session
    session["identity_journeys"] = kept
    session.save()
    issuer.come_back(theirs, asked)
    assert not Identity.objects.exists()


def test_a_forged_token_links_nothing(theirs: Client, person: User, issuer: Issuer) -> None:
    issuer.claims = {"aud": "another"}
    assert "gave no answer that can be trusted" in link(theirs, issuer)
    assert not Identity.objects.exists()


def test_whoever_stops_there_comes_back_to_the_page(theirs: Client, issuer: Issuer) -> None:
    asked = issuer.leave(theirs, LINK)
    assert theirs.get(ANSWER, {"error": "access_denied", "state": asked["state"]})["Location"] == PAGE
    assert "Nothing has changed." in words_of(theirs.get(PAGE))


def test_a_provider_that_is_away_is_said_on_the_page(theirs: Client, settings: Settings) -> None:
    settings.IDENTITY_PROVIDER = provider_of(f"http://127.0.0.1:{free_port()}")
    assert theirs.post(LINK)["Location"] == PAGE
    assert "can’t be reached just now" in words_of(theirs.get(PAGE))


def test_removing_asks_again_ends_it_and_is_mailed(
    theirs: Client, person: User, issuer: Issuer, mailoutbox: list[EmailMessage]
) -> None:
    link(theirs, issuer)
    number = Identity.objects.get().pk
    other = Client()
    other.force_login(person)
    assert other.post(REMOVE, {"identity": number})["Location"].startswith(AGAIN)
    assert Identity.objects.exists()
    assert theirs.post(REMOVE, {"identity": number})["Location"] == PAGE
    assert "no longer opens the portal" in words_of(theirs.get(PAGE))
    assert mailoutbox[-1].subject == "A Login.gov account was removed from yours"
    theirs.post("/accounts/logout/")
    assert issuer.sign_in(theirs).status_code == 403


def test_nobody_removes_what_is_not_theirs(theirs: Client, settings: Settings, mailoutbox: list[EmailMessage]) -> None:
    assert settings.IDENTITY_PROVIDER is not None
    other = factories.identity(factories.person(), settings.IDENTITY_PROVIDER)
    for number in (str(other.pk), "0", "-1", "x", "", "²", "9" * 30):
        assert theirs.post(REMOVE, {"identity": number})["Location"] == PAGE
    assert Identity.objects.get() == other
    assert mailoutbox == []


def test_a_linked_account_counts_as_a_way_in_so_that_no_invitation_gives_it_away(
    person: User, settings: Settings
) -> None:
    assert settings.IDENTITY_PROVIDER is not None
    person.set_unusable_password()
    person.save()
    assert not has_way_in(person)
    factories.identity(person, settings.IDENTITY_PROVIDER)
    assert has_way_in(person)


def test_each_sees_their_own_only(theirs: Client, person: User, settings: Settings) -> None:
    assert settings.IDENTITY_PROVIDER is not None
    factories.identity(factories.person(), settings.IDENTITY_PROVIDER, "not-yours")
    factories.identity(person, settings.IDENTITY_PROVIDER, "yours")
    said = words_of(theirs.get(PAGE))
    assert "yours" in said
    assert "not-yours" not in said
