"""Addresses of sign-in by the identity provider. The provider knows `answer` by name: it is registered there."""

from django.urls import path

from . import views

app_name = "identities"
urlpatterns = [
    path("", views.identities, name="identities"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("answer/", views.answer, name="answer"),
    path("link/", views.link, name="link"),
    path("remove/", views.remove, name="remove"),
]
