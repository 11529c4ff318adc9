-- One row a rebalance: its keys for look-ups, and its whole state as the bytes that its event carries
-- (sluice.balancer_planner.v1.RebalanceState). Times are microseconds since 1970.
CREATE TABLE rebalance (
    uid text COLLATE "C" PRIMARY KEY,
    data_plane text COLLATE "C" NOT NULL,
    physical_cluster text COLLATE "C" NOT NULL,
    open boolean NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    -- Of the last plan document or tombstone.
    generation bigint NOT NULL,
    create_us bigint NOT NULL,
    end_us bigint,
    state bytea NOT NULL
);

-- At most one open one a cluster: what its satellite carries out is never two plans.
CREATE UNIQUE INDEX rebalance_open ON rebalance (data_plane, physical_cluster) WHERE open;
CREATE INDEX rebalance_of_cluster ON rebalance (data_plane, physical_cluster, create_us DESC, uid DESC);
CREATE INDEX rebalance_ended ON rebalance (end_us) WHERE NOT open;

-- All moves of a plan (a sluice.balancer_planner.v1.PlanDocument with nothing but batches); they never change.
CREATE TABLE rebalance_moves (
    uid text COLLATE "C" PRIMARY KEY REFERENCES rebalance ON DELETE CASCADE,
    batches bytea NOT NULL
);

-- Calls answered in the last 24 hours, by their request_id.
CREATE TABLE call (
    principal text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    payload_hash bytea NOT NULL,
    answer text NOT NULL,
    create_us bigint NOT NULL,
    PRIMARY KEY (principal, request_id)
);

CREATE INDEX call_created ON call (create_us);
