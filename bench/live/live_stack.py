"""A whole Sluice of its own for one benchmark: folder and ports that nobody else has, one warm cell, one API client."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from api_client import DATA_PLANES, ApiClient  # noqa: E402
from stack import ports as port_table  # noqa: E402
from stack import processes  # noqa: E402
from stack.assembly import Stack  # noqa: E402

DATA_PLANE = "dataPlanes/local"
ENVIRONMENT = "organizations/default/environments/default"


class NotReady(Exception):
    """What was waited for did not come."""


def eventually(look, timeout_s, what, pause_s=0.1):
    """Calls `look` until it gives something true, which is the result."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotReady(f"no {what} within {timeout_s} s")
        time.sleep(pause_s)


class LiveStack:
    """with LiveStack() as live: live.api.call(…), live.stack.kill(…)"""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-bench-"))
        # PostgreSQL runs under a user of its own, who must get in.
        self.folder.chmod(0o755)
        self.stack = Stack(self.folder / "run", free_ports=True)
        self.api = None
        try:
            self.stack.up()
            self.api = self.new_client()
            self.cell = eventually(self._warm_cell, 240, "warm cell")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.api is not None:
            self.api.close()
        self.stack.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_client(self):
        """A connection of its own, with the first organization's admin key."""
        return ApiClient(self.stack.services.api, self.stack.identities.ca_file,
                         self.stack.services.admin_key_file.read_text().strip())

    def pid(self, component):
        return processes.find(self.stack.state, component)

    def nodes(self):
        """pid → properties file of the tenants' Kafka nodes."""
        return processes.tenant_nodes(self.stack.state)

    def _warm_cell(self):
        described = self.api.call(DATA_PLANES, "GetDataPlane", name=DATA_PLANE)
        for cluster in described.physical_clusters:
            up = cluster.state == type(cluster).UP and cluster.brokers_ready == cluster.brokers
            if cluster.shared and up:
                return cluster
        return None
