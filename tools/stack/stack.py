#!/usr/bin/python3
"""Starts and ends everything that Sluice runs on this machine. `make run` and `make stop` call it."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

# Run as a file, Python puts this folder first; the package is the folder itself.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from stack import ports, processes  # noqa: E402
from stack.assembly import ROOT, Stack  # noqa: E402
from stack.failure import Failure  # noqa: E402

EPILOG = """commands:
  up [--until NAME]   starts what does not run yet
  down                ends everything, keeps all state
  status              what runs, under which pid and port
  restart NAME        ends and starts one component
  kill NAME           kill -9 of one component, to see what happens
  pause, resume NAME  SIGSTOP, SIGCONT
  logs NAME           follows its log until ^C

ports (default; SLUICE_PORT_NAME or --port NAME=N changes one, and stays):
""" + "\n".join(f"  {name:22} {port}" for name, port in ports.DEFAULTS.items()) + f"""
  (brokers: the first of {ports.BROKER_PORTS})"""


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command",
                        choices=["up", "down", "status", "restart", "kill", "pause", "resume", "logs"])
    parser.add_argument("name", nargs="?", help="a component, as `status` lists them")
    parser.add_argument("--state-dir", default=ROOT / ".run", type=Path, help="everything lies below it (.run)")
    parser.add_argument("--until", help="up: the last component to start")
    parser.add_argument("--port", action="append", default=[], metavar="NAME=N", help="use this port from now on")
    parsed = parser.parse_args(arguments)
    if parsed.command in ("restart", "kill", "pause", "resume", "logs") and not parsed.name:
        parser.error(f"{parsed.command} needs the NAME of a component")
    try:
        parsed.port = {name: int(number) for name, number in (text.split("=") for text in parsed.port)}
    except ValueError:
        parser.error("--port wants NAME=N")
    for name in parsed.port:
        if name not in ports.DEFAULTS:
            parser.error(f"there is no port {name}; there are: {' '.join(ports.DEFAULTS)}")
    return parsed


def show_status(stack):
    for name, pid in stack.status().items():
        listens = " ".join(f"{key}={port}" for key, port in stack.components[name].listens.items())
        print(f"{name:16} {'pid ' + str(pid) if pid else 'stopped':14} {listens}")
    nodes = processes.tenant_nodes(stack.state)
    print(f"{'tenants':16} {len(nodes)} Kafka nodes")
    return 0 if all(stack.status().values()) else 3


def follow(stack, name):
    os.execvp("tail", ["tail", "-n", "50", "-F", str(stack.log(name))])


def main(arguments=None):
    parsed = parse(arguments)
    began = time.monotonic()
    stack = Stack(parsed.state_dir, overrides=parsed.port,
                  say=lambda text: print(f"{time.monotonic() - began:6.1f}s  {text}", flush=True))
    match parsed.command:
        case "up":
            stack.up(until=parsed.until)
        case "down":
            stack.down()
        case "status":
            return show_status(stack)
        case "logs":
            follow(stack, parsed.name)
        case _:
            getattr(stack, parsed.command)(parsed.name)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(failure.code)
    except KeyboardInterrupt:
        sys.exit(130)
