"""A provisioner killed and started again over 10,000 clusters: until it serves."""

import threading
import time

import grpc

from api_client import CLUSTERS, DATA_PLANES
from figures import quantile
from live_stack import DATA_PLANE, ENVIRONMENT, LiveStack, eventually, port_table

WANTED = 10_000
CLIENTS = 8
ROUNDS = 7
PAGE = 1000


class Filler:
    """Makes the clusters as clients do, at the rate that an organization may call."""

    def __init__(self, live):
        self.live = live
        self.failures = []

    def run(self):
        self.live.api.call(DATA_PLANES, "UpdateDataPlane",
                           data_plane={"name": DATA_PLANE, "max_logical_clusters_per_cell": WANTED},
                           update_mask={"paths": ["max_logical_clusters_per_cell"]})
        threads = [threading.Thread(target=self._fill, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _fill(self, client):
        api = self.live.new_client()
        try:
            for number in range(client, WANTED, CLIENTS):
                self._create(api, f"c-{number}")
        except Exception as failure:  # told by the thread that waits
            self.failures.append(failure)
        finally:
            api.close()

    def _create(self, api, cluster_id):
        while True:
            try:
                api.create_cluster(ENVIRONMENT, cluster_id, type="SERVERLESS")
                return
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                time.sleep(0.2)


def listed(api):
    """All clusters, page by page."""
    clusters, token = [], ""
    while True:
        page = api.call(CLUSTERS, "ListKafkaClusters", parent="organizations/default/environments/-", page_size=PAGE,
                        page_token=token)
        clusters += page.kafka_clusters
        token = page.next_page_token
        if not token:
            return clusters


def all_ready(api):
    clusters = listed(api)
    return len(clusters) == WANTED and all(cluster.state == type(cluster).READY for cluster in clusters)


def until_it_answers(live, began, timeout_s=60):
    """Seconds from `began` until a fresh client has a page of clusters, authenticated and read from PostgreSQL."""
    port = live.stack.ports["api"]
    # Asked of the kernel, since gRPC waits a while after a connection that was refused.
    eventually(lambda: port_table.listens(port), timeout_s, f"process that listens on {port}", pause_s=0.005)
    client = live.new_client()
    try:
        client.call(CLUSTERS, "ListKafkaClusters", timeout_s=timeout_s, parent="organizations/default/environments/-",
                    page_size=1)
        return time.monotonic() - began
    finally:
        client.close()


def restarted(live):
    """kill -9, then a start; the start runs beside, for it waits for its own sign of readiness."""
    live.stack.kill("provisioner")
    began = time.monotonic()
    start = threading.Thread(target=live.stack.start, args=("provisioner",))
    start.start()
    took = until_it_answers(live, began)
    start.join()
    return took


def run(report):
    with LiveStack() as live:
        Filler(live).run()
        eventually(lambda: all_ready(live.api), 600, f"{WANTED} clusters that are READY")
        times = [restarted(live) for _ in range(ROUNDS)]
        report.line("restart", clusters=WANTED, rounds=ROUNDS, serving_s_median=round(quantile(times, 0.5), 3),
                    serving_s_longest=round(max(times), 3))
