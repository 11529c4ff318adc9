"""PostgreSQL in a cluster of its own: loopback only, SCRAM passwords in files, one database and one role per service."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from string import Template

from .component import Component
from .failure import Failure
from .ports import HOST

ADMIN = "sluice_admin"
# PostgreSQL refuses to run as root; Debian's package brings this user.
RUN_AS = "postgres"


class Postgres:
    def __init__(self, state, port, template, services):
        self.state = state
        self.port = port
        self.template = template
        self.services = services
        self.bin = Path(os.environ.get("SLUICE_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
        self.data = state.path("postgres", "data")

    def component(self):
        return Component(
            name="postgres",
            prepare=self._prepare,
            command=lambda: [*self._as_owner(), self.bin / "postgres", "-D", self.data],
            ready=self._ready,
            complete=self._complete,
            listens={"postgres": self.port},
            stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps everything committed
        )

    def password_file(self, role):
        return self.state.path("secrets", "postgres-" + role)

    def url(self, service):
        return f"postgresql://{service}@{HOST}:{self.port}/{service}"

    def sql(self, statement, database="postgres", role=ADMIN):
        """Runs a statement; rows as lines, columns divided by |."""
        command = [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", HOST, "-p", str(self.port),
                   "-U", role, "-d", database]
        done = subprocess.run(command, input=statement, env={**os.environ, "PGPASSFILE": str(self._pass_file(role))},
                              capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise Failure("PostgreSQL: " + done.stderr.strip())
        return done.stdout.strip()

    def _pass_file(self, role):
        path = self.state.path("secrets", "pgpass-" + role)
        if not path.exists():
            password = self.password_file(role).read_text().strip()
            self.state.write(path, f"*:*:*:{role}:{password}\n", mode=0o600)
        return path

    def _as_owner(self):
        if os.geteuid() != 0:
            return []
        command = ["setpriv", "--reuid", RUN_AS, "--regid", RUN_AS, "--init-groups"]
        if not self.state.entered_by_others():
            # The state lies below a folder that only root enters: pass through it, read nothing more.
            command += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return command + ["--"]

    def _prepare(self):
        if not self.bin.joinpath("postgres").exists():
            raise Failure(f"{self.bin} has no postgres.", "Run: tools/install")
        folder = self.state.folder("postgres", mode=0o755)
        for role in (ADMIN, *self.services):
            self.state.secret("postgres-" + role)
        if not self.data.joinpath("PG_VERSION").exists():
            shutil.rmtree(self.data, ignore_errors=True)  # half made by an initdb that was killed
            self.data.mkdir(mode=0o700)
            self._initdb(folder)
        self._await_predecessor()
        text = Template(self.template.read_text()).substitute(port=self.port, host=HOST)
        self.data.joinpath("postgresql.auto.conf").unlink(missing_ok=True)
        self.data.joinpath("postgresql.conf").write_text(text)

    def _initdb(self, folder):
        password = folder / "initial-password"
        self.state.write(password, self.password_file(ADMIN).read_text(), mode=0o600)
        if os.geteuid() == 0:
            for path in (self.data, password):
                shutil.chown(path, RUN_AS, RUN_AS)
        done = subprocess.run(
            [*self._as_owner(), self.bin / "initdb", "-D", self.data, "-U", ADMIN, "--pwfile", password,
             "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"],
            capture_output=True, text=True, check=False, cwd="/")
        password.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data)
            raise Failure("PostgreSQL's initdb failed: " + done.stderr.strip(),
                          "If it may not enter the folder, keep the state elsewhere: make run STATE=/var/tmp/sluice")

    def _await_predecessor(self, timeout_s=20):
        """After a kill -9 the old sessions notice within a second or so, and until then PostgreSQL does not start."""
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + timeout_s
        while lock.exists() and time.monotonic() < deadline:
            if not Path("/proc", lock.read_text().split()[0]).exists() and not self._sessions():
                return
            time.sleep(0.05)

    def _sessions(self):
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and folder.joinpath("cwd").readlink() == self.data:
                    return True
            except OSError:
                continue  # ended meanwhile, or another user's
        return False

    def _ready(self):
        probe = [self.bin / "pg_isready", "-q", "-h", HOST, "-p", str(self.port), "-t", "2"]
        return subprocess.run(probe, check=False).returncode == 0

    def _complete(self):
        present = set(self.sql("SELECT rolname FROM pg_roles").splitlines())
        databases = set(self.sql("SELECT datname FROM pg_database").splitlines())
        self.sql("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
        for name in self.services:
            password = self.password_file(name).read_text().strip()  # hexadecimal: nothing in it to escape
            if name not in present:
                self.sql(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'")
            if name not in databases:
                self.sql(f"CREATE DATABASE {name} OWNER {name}")
                self.sql(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
