"""Asks until there is an answer, as a script with patience does while processes die."""

import json
import time
import uuid

from .cli import UNAVAILABLE


def ask(cli, *arguments, timeout_s=300):
    """With one request id, so that a repeat has no second effect. Anything but "out of reach" or "slow" is an answer, and has
    to be the right one."""
    request = str(uuid.uuid4())
    deadline = time.monotonic() + timeout_s
    while True:
        ended = cli.run(*arguments, "--request-id", request, "--timeout", "60s")
        if ended.code == 0:
            return json.loads(ended.out)
        if ended.reason == "SECRET_SHOWN_ONCE":
            # The answer was lost on its way: its key is of no use, another is made.
            request = str(uuid.uuid4())
            continue
        assert ended.code == UNAVAILABLE, str(ended)
        assert time.monotonic() < deadline, str(ended)
        time.sleep(0.2)
