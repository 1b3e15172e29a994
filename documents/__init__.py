"""WHAT is written: documents, the statement of work, consultations, the issue paper."""
