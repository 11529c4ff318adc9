"""`sluice watch`: topics come and go on it, whoever made them, and who was away misses nothing."""

import json
import queue
import threading
import time

import pytest
from harness.clients import ConfluentClient
from harness.tenants import fresh_name


class Watching:
    """A running `sluice watch -o json`, read line by line."""

    def __init__(self, cli, *options):
        self.process = cli.start("watch", *options)
        self.lines = queue.Queue()
        self.token = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def until(self, wanted, timeout_s=120):
        """The first news that `wanted` likes; all before it are passed over."""
        deadline = time.monotonic() + timeout_s
        while True:
            news = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            self.token = news["resume_token"] or self.token
            if wanted(news):
                return news

    def present(self):
        """Goes to the end of the snapshot."""
        self.until(lambda news: news["kind"] == "SNAPSHOT_END")


def topic(name, state=None, erased=False):
    def wanted(news):
        return (news["kind"] == "CHANGE" and news["resource"] == "topic" and news["object"]["name"] == name
                and news["erased"] == erased and (state is None or news["object"]["state"] == state))

    return wanted


@pytest.fixture(scope="module")
def cluster(tenant):
    return tenant.serverless()


def test_topics_come_change_and_go(cluster, other_tenant):
    by_api, by_client = fresh_name("api"), fresh_name("own")
    with Watching(cluster.cli) as watching, Watching(other_tenant.cli) as stranger:
        watching.present()
        stranger.present()
        cluster.topic(by_api, "--partitions", 2)
        made = watching.until(topic(by_api, "READY"))
        assert made["object"]["partitions"] == 2
        cluster.cli("topic", "update", by_api, "--cluster", cluster.name, "--partitions", 3)
        watching.until(lambda news: topic(by_api, "READY")(news) and news["object"]["partitions"] == 3)
        ConfluentClient(cluster.key()).create_topic(cluster.prefix + by_client)
        watching.until(topic(by_client, "READY"))
        cluster.cli("topic", "delete", by_api, "--cluster", cluster.name, "--yes")
        watching.until(topic(by_api, erased=True))
        # What a stranger sees meanwhile: beats, and nothing of it.
        seen = []
        stranger.until(lambda news: seen.append(news) or news["kind"] == "HEARTBEAT")
        assert not [news for news in seen if news["resource"] == "topic"]


def test_the_present_state_has_topics(cluster):
    name = fresh_name("there")
    cluster.topic(name)
    with Watching(cluster.cli) as watching:
        watching.until(lambda news: news["kind"] == "SNAPSHOT" and news["resource"] == "topic"
                       and news["object"]["name"] == name)


def test_who_was_away_over_a_restart_misses_nothing(stack, cluster):
    names = [fresh_name("away") for _ in range(3)]
    with Watching(cluster.cli) as watching:
        watching.present()
        cluster.topic(names[0])
        watching.until(topic(names[0], "READY"))
        token = watching.token
    cluster.topic(names[1])
    cluster.cli("topic", "delete", names[1], "--cluster", cluster.name, "--yes")
    stack.restart("provisioner")
    cluster.topic(names[2])
    with Watching(cluster.cli, "--resume-token", token) as watching:
        # It was made and deleted while nobody watched: both are told.
        watching.until(topic(names[1], "READY"))
        watching.until(topic(names[1], erased=True))
        watching.until(topic(names[2], "READY"))
