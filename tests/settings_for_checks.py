"""The portal's settings for checks that must do without a database: none waits for one in vain."""

from ecomwg.settings import *  # noqa: F403
from ecomwg.settings import DATABASES

DATABASES["default"]["OPTIONS"].pop("pool")
