"""The portal's settings for trials by fault: nothing of its logic differs, only how long a test waits.

Its mail server can be asked whether it has a mail; EMAIL_BACKEND_IN_USE sends as in use, by SMTP alone.
`FAULTS_SOCKET_TIMEOUT` (seconds) shortens how long a silent broker is waited for.
"""

from ecomwg.settings import *  # noqa: F403
from ecomwg.settings import CELERY_BROKER_TRANSPORT_OPTIONS, EMAIL_BACKEND, env

EMAIL_BACKEND_IN_USE = EMAIL_BACKEND
EMAIL_BACKEND = "tests.faults.mailserver.AskingBackend"
if seconds := env.int("FAULTS_SOCKET_TIMEOUT", default=0):
    CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"] = seconds
