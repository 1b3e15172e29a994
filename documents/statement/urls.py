"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from .views import clauses, comments, drafts, exports, history, impact, imports, links, proposals, versions

app_name = "statement"

DRAFT = "statement/drafts/<int:draft>/"
CLAUSE = f"{DRAFT}clauses/<int:clause>/"

urlpatterns = [
    path("statement/", versions.current, name="current"),
    path("statement/compare/", versions.compare, name="compare"),
    path("statement/drafts/", drafts.drafts, name="drafts"),
    path("statement/drafts/new/", drafts.start_draft, name="start_draft"),
    path("statement/drafts/import/", imports.import_draft, name="import_draft"),
    path(DRAFT, drafts.draft, name="draft"),
    path(f"{DRAFT}settings/", drafts.draft_settings, name="draft_settings"),
    path(f"{DRAFT}impact/", impact.impact, name="impact"),
    path(f"{DRAFT}propose/", proposals.propose, name="propose"),
    path("statement/proposals/<int:proposal>/", proposals.proposal, name="proposal"),
    path("statement/proposals/<int:proposal>/position/", proposals.take_position, name="take_position"),
    path("statement/proposals/<int:proposal>/change/", proposals.change_proposal, name="change_proposal"),
    path("statement/proposals/<int:proposal>/adopt/", proposals.adopt, name="adopt"),
    path(f"{DRAFT}clauses/new/", clauses.draft_add, name="draft_add"),
    path(f"{DRAFT}comments/<int:comment>/resolve/", comments.draft_resolve, name="draft_resolve"),
    path(CLAUSE, comments.draft_clause, name="draft_clause"),
    path(f"{CLAUSE}comment/", comments.draft_comment, name="draft_comment"),
    path(f"{CLAUSE}edit/", clauses.draft_edit, name="draft_edit"),
    path(f"{CLAUSE}move/", clauses.draft_move, name="draft_move"),
    path(f"{CLAUSE}split/", clauses.draft_split, name="draft_split"),
    path(f"{CLAUSE}merge/", clauses.draft_merge, name="draft_merge"),
    path(f"{CLAUSE}remove/", clauses.draft_remove, name="draft_remove"),
    path(f"{DRAFT}import/", imports.draft_import, name="draft_import"),
    path("statement/clauses/<int:clause>/", history.clause, name="clause"),
    path("statement/clauses/<int:clause>/links/", links.clause_links, name="clause_links"),
    path("statement/clauses/<int:clause>/links/<int:link>/remove/", links.remove_link, name="remove_link"),
    path("statement/links/<slug:sort>/<slug:key>/", links.thing, name="thing"),
    path("statement/compare/export.<slug:ending>", exports.export_compared, name="export_compared"),
    path("statement/drafts/<int:draft>/export.<slug:ending>", exports.export_draft, name="export_draft"),
    path("statement/<str:number>/export.<slug:ending>", exports.export_version, name="export_version"),
    path("statement/<str:number>/", versions.version, name="version"),
]
