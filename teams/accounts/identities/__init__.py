"""Sign-in by an identity provider (OpenID Connect): whose identity it is, and how the provider is asked."""
