"""Who asks, and what time it is: what both Python peers share beside the page."""

import hmac
import os
import re
import time
from datetime import datetime

COOKIE = re.compile(r"([0-9a-f]{32})\.([^;]+)$")
KEY = bytes.fromhex(os.environ["CITY_SECRET"])
BEGUN = int(datetime.fromisoformat(os.environ["CITY_AT"].replace("Z", "+00:00")).timestamp() * 1_000), time.time()


def now_ms():
    at, real = BEGUN
    return at + int((time.time() - real) * 1_000)


def asked(cookie):
    """The driver and the hash of the token that a cookie names; nothing for anything else."""
    found = COOKIE.match(cookie or "")
    if not found:
        return None
    return found[1], hmac.digest(KEY, b"session\0" + found[2].encode(), "sha256").hex()
