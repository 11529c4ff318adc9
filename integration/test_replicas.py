"""Two provisioners of one control plane: both serve, one relays, and either may die."""

import threading

import pytest
from harness.replica import Replica
from harness.tenants import Cluster, fresh_name
from harness.waiting import eventually

pytestmark = pytest.mark.faults


def creates(cli, count, made, errors):
    for _ in range(count):
        try:
            made.append(cli("kafka", "create", fresh_name("two"), "--type", "serverless")["name"])
        except AssertionError as error:
            errors.append(str(error))


def create_on_both(clis, count):
    """`count` creates on each, at the same time; gives the names."""
    made, errors = [], []
    threads = [threading.Thread(target=creates, args=(cli, count, made, errors)) for cli in clis]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    return made


def test_both_serve_one_relays_and_one_may_die(whole, tenant):
    with Replica(whole) as replica:
        clis = [tenant.cli, replica.cli(tenant.cli)]
        holder = eventually(replica.relay_holder, 60, "one relay")
        epoch = replica.relay_epochs()[holder]
        names = create_on_both(clis, 4)
        assert replica.relay_epochs()[holder] == epoch and replica.relay_holder() == holder, "one relay, the same one"
        for cli in clis:
            listed = {one["name"] for one in cli("kafka", "list")}
            assert set(names) <= listed, "what one has made the other knows"

        other = next(name for name in replica.ports() if name != holder)
        survivor = clis[0] if other == "provisioner" else clis[1]
        pending = survivor("kafka", "create", fresh_name("pending"), "--type", "serverless", "--no-wait")
        whole.kill(holder)
        eventually(lambda: replica.relay_epochs().get(other, 0) > epoch, 60, "the other one relays")
        assert survivor("operation", "wait", pending["name"], "--timeout", "2m", timeout_s=150)["state"] == "DONE"
        made = survivor("kafka", "create", fresh_name("alone"), "--type", "serverless")
        assert made["state"] == "READY"

        whole.start(holder)
        names += create_on_both(clis, 2)
        assert eventually(replica.relay_holder, 60, "one relay") == other, "the one that came back waits its turn"
        cluster = Cluster(clis[0], made)
        cluster.topic("seen")
        assert "seen" in Cluster(clis[1], made).topics()
    assert set(names) <= {one["name"] for one in tenant.cli("kafka", "list")}
