"""What a stack says and does when its surroundings are not as they should be. Nothing here starts a server."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stack import caretaker, ports, processes
from stack.component import Component
from stack.failure import DISK_FULL, NO_JAVA, NOT_BUILT, NOT_READY, PORT_IN_USE, Failure
from stack.state_folder import StateFolder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def state(tmp_path):
    folder = StateFolder(tmp_path / "run")
    folder.prepare()
    yield folder
    for record in folder.path("processes").iterdir():
        processes.kill(folder, record.name)


def up(tmp_path, *arguments, **env):
    """stack.py up as make calls it; the caretaker is all that could start before the failure."""
    command = [sys.executable, ROOT / "tools/stack/stack.py", "up", "--state-dir", tmp_path / "run", *arguments]
    done = subprocess.run(list(map(str, command)), env={**os.environ, **env}, capture_output=True, text=True, timeout=120)
    subprocess.run([sys.executable, ROOT / "tools/stack/stack.py", "down", "--state-dir", tmp_path / "run"], check=True,
                   capture_output=True, timeout=120)
    return done


def test_port_in_use_names_port_holder_and_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = up(tmp_path, "--until", "postgres", "--port", f"postgres={port}")
    assert done.returncode == PORT_IN_USE
    assert f"port {port} (postgres) is in use by" in done.stderr and f"(pid {os.getpid()})" in done.stderr
    assert "SLUICE_PORT_POSTGRES=N" in done.stderr


def test_disk_full(tmp_path):
    done = up(tmp_path, SLUICE_MIN_FREE_MIB=str(1 << 40))
    assert done.returncode == DISK_FULL
    assert "MiB are free" in done.stderr and "make run STATE=" in done.stderr


def test_no_java(tmp_path, monkeypatch):
    from stack import kafka_jvm

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure) as caught:
        kafka_jvm.java()
    assert caught.value.code == NO_JAVA and "openjdk-17" in str(caught.value)


def test_not_built(tmp_path):
    done = up(tmp_path, "--until", "bus-controller", "--port", f"postgres={ports.free_port()}",
              "--port", f"bus-controller={ports.free_port()}", SLUICE_BIN=str(tmp_path / "nothing"))
    assert done.returncode == NOT_BUILT
    assert "make build" in done.stderr


def test_unknown_port_and_component(tmp_path):
    command = [sys.executable, ROOT / "tools/stack/stack.py", "--state-dir", tmp_path / "run"]
    wrong = subprocess.run([*map(str, command), "up", "--port", "nosuch=1"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "there is no port nosuch" in wrong.stderr
    wrong = subprocess.run([*map(str, command), "kill", "nosuch"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "postgres" in wrong.stderr


def test_ports_stay_and_can_be_changed(state, monkeypatch):
    first = ports.choose(state, free=True)
    assert ports.choose(state) == first
    assert ports.choose(state, {"api": 9999})["api"] == 9999
    monkeypatch.setenv("SLUICE_PORT_BUS_CONTROLLER", "9998")
    assert ports.choose(state)["bus-controller"] == 9998
    assert len(set(first.values())) == len(first)


def test_a_port_is_not_given_to_two_while_neither_server_runs(monkeypatch):
    given = ports.free_port()
    assert ports.is_free(given)
    monkeypatch.setattr(ports, "_SINGLE_PORTS", range(given, given + 1))
    choose = "from stack import ports; ports._SINGLE_PORTS = range({0}, {0} + 1); ports.free_port()".format(given)
    other = subprocess.run([sys.executable, "-c", choose], cwd=ROOT / "tools", capture_output=True, text=True, timeout=60)
    assert "no free port among" in other.stderr, other
    with pytest.raises(Failure, match="no free port among"):
        ports.free_port()


def sleeper(name="sleeper", ready=lambda: True, command=("sleep", "600"), **more):
    return Component(name=name, command=lambda: list(command), ready=ready, **more)


def test_started_once_found_again_and_stopped(state):
    component = sleeper()
    assert component.start(state) is True
    pid = processes.find(state, "sleeper")
    assert component.start(state) is False
    assert processes.find(state, "sleeper") == pid
    assert component.stop(state) is True
    assert processes.find(state, "sleeper") is None


def test_a_foreign_process_with_the_same_pid_is_not_ours(state):
    sleeper().start(state)
    record = state.path("processes", "sleeper")
    stat, boot = record.read_text().splitlines()
    front, back = stat.rsplit(")", 1)
    words = back.split()
    words[19] = str(int(words[19]) - 1)
    record.write_text(f"{front}) {' '.join(words)}\n{boot}\n")
    assert processes.find(state, "sleeper") is None
    record.write_text(f"{stat}\nanother-boot\n")
    assert processes.find(state, "sleeper") is None
    record.write_text(f"{stat}\n{boot}\n")
    assert processes.find(state, "sleeper") is not None


def test_a_deaf_process_is_killed(state):
    ready = state.path("deaf")
    deaf = ["/bin/sh", "-c", f"trap '' TERM; touch {ready}; while :; do sleep 0.1; done"]
    component = sleeper(command=deaf, ready=ready.exists, stop_timeout_s=1)
    component.start(state)
    assert component.stop(state) is False
    assert processes.find(state, "sleeper") is None


def test_a_paused_process_can_be_stopped(state):
    component = sleeper(stop_timeout_s=20)
    component.start(state)
    processes.send(state, "sleeper", signal.SIGSTOP)
    assert component.stop(state) is True


def test_one_whose_first_thread_is_dead_still_runs(state):
    half_dead = ("import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); "
                 "ctypes.CDLL(None).pthread_exit(None)")
    component = sleeper(command=["/usr/bin/python3", "-c", half_dead])
    component.start(state)
    pid = processes.find(state, "sleeper")
    deadline = time.monotonic() + 30
    while " Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert processes.find(state, "sleeper") == pid
    processes.kill(state, "sleeper")
    assert processes.find(state, "sleeper") is None


def test_one_that_ends_at_once_shows_its_log(state):
    component = sleeper(command=["/bin/sh", "-c", "echo the reason; exit 3"], ready=lambda: False)
    began = time.monotonic()
    with pytest.raises(Failure) as caught:
        component.start(state)
    assert caught.value.code == NOT_READY and "the reason" in str(caught.value)
    assert time.monotonic() - began < 30


def test_one_that_is_never_ready(state):
    component = sleeper(ready=lambda: False, start_timeout_s=1)
    with pytest.raises(Failure, match="not ready after 1 s"):
        component.start(state)


def test_secrets_are_made_once_and_private(state):
    path = state.secret("a")
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600 and len(text) >= 48
    assert state.secret("a").read_text() == text


def test_logs_are_bounded_while_their_writer_goes_on(tmp_path):
    path = tmp_path / "noisy.log"
    with open(path, "ab") as writer:
        writer.write(b"x" * 2000 + b"last")
        writer.flush()
        assert caretaker.trim(tmp_path, limit=1000, kept=100) == ["noisy.log"]
        writer.write(b"next")
        writer.flush()
    assert path.read_bytes() == b"next"
    assert path.with_suffix(".log.1").read_bytes() == b"x" * 96 + b"last"
    assert caretaker.trim(tmp_path, limit=1000, kept=100) == []


def test_a_held_lock_is_seen(state):
    with state.locked() as first:
        assert first
        with state.locked(wait=False) as second:
            assert second is False
    with state.locked(wait=False) as third:
        assert third


def test_who_listens_is_seen_without_a_connection():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not ports.listens(port)
        server.listen()
        assert ports.listens(port)
    assert not ports.listens(port)
