"""The control plane's authority and the identities that it signs, by tools/pki."""

import subprocess
from datetime import datetime, timedelta, timezone

from .failure import NOT_BUILT, Failure

AUTHORITY_DAYS = 3650
IDENTITY_LIFETIME = timedelta(days=90)


class Identities:
    """Files below pki/: ca.pem, ca.key, NAME.pem, NAME.key, and NAME.store.pem (key and certificate, for Kafka)."""

    def __init__(self, state, binary):
        self.state = state
        self.binary = binary
        self.authority = state.path("pki", "ca")
        # Of those that are made from now on; tests have short ones.
        self.lifetime = IDENTITY_LIFETIME

    @property
    def ca_file(self):
        return self.authority.with_suffix(".pem")

    def certificate(self, name):
        return self.state.path("pki", name + ".pem")

    def key(self, name):
        return self.state.path("pki", name + ".key")

    def store(self, name):
        return self.state.path("pki", name + ".store.pem")

    def ensure(self, name, usage="both", hosts=("localhost", "127.0.0.1"), force=False):
        """Makes the identity with CN=name, or renews it after two thirds of its life. True when it is a new one."""
        self.state.folder("pki", mode=0o700)
        if not self.ca_file.exists():
            self._run("create-ca", "--cn", "sluice-control-plane", "--days", AUTHORITY_DAYS, "--out", self.authority)
        if self.store(name).exists() and not force and not self._due(name):
            return False
        stem = self.state.path("pki", name)
        named = [word for host in hosts for word in ("--host", host)]
        self._run("issue", "--ca", self.authority, "--cn", name, "--usage", usage, *named,
                  *self._lifetime_flags(), "--out", stem)
        text = self.key(name).read_text() + self.certificate(name).read_text()
        self.state.write(self.store(name), text, mode=0o600)
        return True

    def _due(self, name):
        return datetime.now(timezone.utc) > self.not_after(name) - self.lifetime / 3

    def _lifetime_flags(self):
        whole_days = self.lifetime >= timedelta(days=1)
        return ("--days", self.lifetime.days) if whole_days else ("--seconds", int(self.lifetime.total_seconds()))

    def not_after(self, name):
        facts = self._run("inspect", self.certificate(name))
        text = next(line.split(None, 2)[2] for line in facts.splitlines() if line.startswith("not after"))
        return datetime.fromisoformat(text)

    def _run(self, *arguments):
        if not self.binary.exists():
            raise Failure(f"{self.binary} is not built.", "Run: make build", code=NOT_BUILT)
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip(), f"It was: pki {' '.join(map(str, arguments))}")
        return done.stdout
