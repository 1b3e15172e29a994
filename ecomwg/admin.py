"""Django's own administration pages: small, for looking things up; the portal's pages are where work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from teams.accounts.models import EndedSession, Organization, User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.notices.models import Notice

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

admin.site.site_header = admin.site.site_title = "Portal records"
admin.site.index_title = "Look things up"


class ReadOnly(ModelAdmin):
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Whoever comes as far as here is an administrator (`AccessMiddleware`)."""
        return bool(request.user.is_authenticated and request.user.is_site_admin)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same."""
        return self.has_view_permission(request)


@admin.register(User)
class UserAdmin(ReadOnly):
    """People."""

    list_display = ("name", "email", "organization", "affiliation", "is_site_admin", "is_active", "seen_at")
    list_select_related = ("organization",)
    search_fields = ("name", "email")
    exclude = ("password", "user_permissions", "groups", "is_superuser")


@admin.register(Organization)
class OrganizationAdmin(ReadOnly):
    """Organizations."""

    list_display = ("name", "acronym", "kind", "sector", "is_small_business", "source")
    search_fields = ("name", "acronym")


@admin.register(EndedSession)
class EndedSessionAdmin(ReadOnly):
    """Sessions that administrators ended."""

    list_display = ("person", "device", "address", "ended_at", "ended_by", "reason")
    list_select_related = ("person", "ended_by")
    search_fields = ("person__name", "person__email")


@admin.register(WorkingGroup)
class WorkingGroupAdmin(ReadOnly):
    """Sections of the portal."""

    list_display = ("slug", "timezone", "as_of", "loaded_at")


@admin.register(Body)
class BodyAdmin(ReadOnly):
    """Bodies."""

    list_display = ("name", "group", "kind", "number", "source")
    list_select_related = ("group",)


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Memberships."""

    list_display = ("person", "body", "role", "started", "ended")
    list_select_related = ("person", "body")


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    """The outbox."""

    list_display = ("subject", "recipient", "rule", "due_at", "state", "sent_at")
    list_select_related = ("recipient",)
    list_filter = ("state", "bounces__action")


# Groups of rights aren't used, addresses are shown with their people, and second factors and sessions are private.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])
