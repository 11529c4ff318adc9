"""Brokers in racks: replicas of a partition lie on as many as there can be, by Kafka's own hand or the balancer's."""

import pytest
from harness.balanced import MEGABYTE, SAMPLED_S, Balanced, component_with, quiet_balancer
from harness.traffic import Traffic
from harness.waiting import eventually

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def racked(stack, tenant, data_plane):
    with component_with(stack, "satellite", "--racks", "a,b"), quiet_balancer(stack):
        one = Balanced(tenant, data_plane, brokers=4)
        yield one
        one.cluster.delete()


def test_new_brokers_are_spread_over_racks_and_a_broken_rack_rule_is_repaired(racked):
    rack_of = {broker["broker"]: broker["rack"] for broker in racked.rebalance("preview")["brokers"]}
    assert rack_of == {1: "a", 2: "b", 3: "a", 4: "b"}

    def lies_on_both(topic):
        for replicas, _ in racked.placement.partitions(topic).values():
            assert {rack_of[broker] for broker in replicas} == {"a", "b"}, replicas
        return True

    lies_on_both(racked.everywhere)
    with Traffic(racked.cluster) as traffic:
        broken = racked.placed([[1, 3], [2, 4]] * 6, 6 * MEGABYTE)
        repaired = eventually(lambda: (found := racked.newest()) and found["mode"] == "REPAIR" and found, SAMPLED_S, "a REPAIR")
        assert repaired["cause"] == "RACK_RULE" and "12 partitions lie on fewer racks" in repaired["reasons"][0], repaired
        repaired = racked.await_state(repaired["name"], "DONE")
        assert repaired["plan"]["replica_moves"] == 12, "one of each two"
    assert not traffic.refused
    assert lies_on_both(broken)
    assert racked.is_settled()
