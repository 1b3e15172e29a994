"""People who sign in, and the organizations they come from. Both are shared by every group of the portal."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar, Final

import pghistory
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from teams.sources import Sourced

# Zones of the database that are named like an abbreviation, and which PostgreSQL takes for one: a fixed shift, so that
# in summer it is an hour off what Python means by the same name (its manual, 8.5.3).
ABBREVIATIONS: Final = ("CET", "EET", "EST", "HST", "MET", "MST", "WET")


def known_timezones() -> set[str]:
    """Names of the IANA time zone database that mean the same to everybody who reckons with them."""
    # "localtime" is a file that some systems keep beside the zones; it means another zone on each machine.
    return zoneinfo.available_timezones() - {"localtime", *ABBREVIATIONS}


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is one of `known_timezones`."""
    if name not in known_timezones():
        raise ValidationError(f"{name!r} is not a time zone: write it like America/New_York", code="invalid")


@pghistory.track()
class Organization(Sourced):
    """A company, an agency or another body that people come from."""

    class Kind(models.TextChoices):
        """What kind of organization it is."""

        AGENCY = "agency", "Government agency"
        COMPANY = "company", "Company"
        ASSOCIATION = "association", "Trade association"
        INTERNATIONAL = "international", "International organization"
        LEGISLATURE = "legislature", "Legislature"

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    sector = models.CharField(max_length=100, blank=True)
    is_small_business = models.BooleanField(default=False)
    loaded_with = models.SlugField(
        blank=True, help_text="The group whose file brought it; another group's file can't change it."
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="organization_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """The acronym where there is one, else the name."""
        return self.acronym or self.name


class UserManager(BaseUserManager["User"]):
    """Makes users, whose name to sign in with is their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new person; without a password the person can't sign in until one is set."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new administrator of the whole portal (for `manage.py createsuperuser`)."""
        return self.create_user(
            email,
            password,
            is_site_admin=True,
            is_superuser=True,
            affiliation=User.Affiliation.GOVERNMENT,
            **fields,
        )

    def get_by_natural_key(self, username: str | None) -> User:
        """Addresses are compared without case."""
        return self.get(email__iexact=username or "")


@pghistory.track(exclude=["password", "last_login", "seen_at", "previous_visit_at"])
class User(AbstractBaseUser, PermissionsMixin, Sourced):
    """A person. Whether a person may see or do a thing is decided by memberships, never here."""

    class Affiliation(models.TextChoices):
        """Whom the person works for; government-only content goes by it."""

        TRADE = "trade", "Trade"
        GOVERNMENT = "government", "Government"

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )
    affiliation = models.CharField(max_length=12, choices=Affiliation, default=Affiliation.TRADE)
    timezone = models.CharField(max_length=50, default="America/New_York", validators=[validate_timezone])
    is_site_admin = models.BooleanField("administrator", default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    previous_visit_at = models.DateTimeField(null=True, blank=True, editable=False)
    loaded_with = models.SlugField(blank=True, help_text="The group whose file brought the person.")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=~models.Q(timezone__in=ABBREVIATIONS), name="user_timezone_is_no_abbreviation"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """The name, as Django's own pages ask for it."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin pages open: for administrators of the portal."""
        return self.is_site_admin

    @property
    def is_government(self) -> bool:
        """Whether government-only content may be shown to this person."""
        return self.affiliation == self.Affiliation.GOVERNMENT


@pghistory.track(exclude=["acr", "used_at"])
class Identity(models.Model):
    """A person as an identity provider knows them: its name (`issuer`), and its name for the person (`subject`).

    Together these two are one person's for ever (OpenID Connect Core 1.0, section 5.7); an e-mail address is not.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    acr = models.CharField(
        "authentication context",
        max_length=255,
        blank=True,
        help_text="Of its last use, or the last that was a second factor.",
    )
    linked_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once"),
            models.CheckConstraint(condition=~models.Q(issuer="") & ~models.Q(subject=""), name="identity_named"),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.issuer}"


@pghistory.track()
class EndedSession(models.Model):
    """A session that an administrator ended: whose it was, from where, and who ended it why.

    Instants are real time, as all of sessions. Where the list of sessions knew nothing of it, `device` says so and
    `address` is None.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ended_sessions")
    device = models.CharField(max_length=100, help_text="In plain words: Firefox on Windows.")
    address = models.GenericIPAddressField("network address", null=True, blank=True)
    signed_in_at = models.DateTimeField()
    seen_at = models.DateTimeField("last page")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField("ended")
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-ended_at", "-id"]
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="ended_session_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.person}, {self.device}"


@pghistory.track(exclude=["data", "last_used_at"])
class SecondFactor(Authenticator):  # type: ignore[misc]
    """A second factor of a person as the history records it: which kind, since when; nothing of its secret.

    The rows are django-allauth's, which makes and removes them.
    """

    class Meta:
        proxy = True
