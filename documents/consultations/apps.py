"""The room of consultations: who is asked what about which document, and until when."""

from django.apps import AppConfig


class ConsultationsConfig(AppConfig):
    """Room `consultations`."""

    name = "documents.consultations"
    label = "consultations"
    verbose_name = "Consultations"
