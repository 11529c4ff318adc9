"""A service's program, run for one of its verbs that ends."""

import subprocess

_MOST_S = 300


def attempt(stack, service, verb, *flags, database=None):
    """`database` in place of the service's own. Gives what ended, whether well or not."""
    command = [str(flag) for flag in stack.services.program(service)]
    if database is not None:
        at = command.index("--database-url") + 1
        command[at] = command[at].rsplit("/", 1)[0] + "/" + database
    return subprocess.run([*command, verb, *map(str, flags)], capture_output=True, text=True, check=False,
                          timeout=_MOST_S)


def run(stack, service, verb, *flags, database=None):
    """What it printed."""
    done = attempt(stack, service, verb, *flags, database=database)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
