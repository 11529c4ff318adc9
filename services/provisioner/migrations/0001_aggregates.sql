-- One row per aggregate: its keys for look-ups, and its whole state as the bytes that its event carries. Times are
-- microseconds since 1970. Names compare by bytes, so that a page of names is a range of the index.
CREATE TABLE aggregate (
    -- core/model/aggregate.h, Kind
    kind smallint NOT NULL,
    uid text COLLATE "C" NOT NULL,
    -- The resource name; null where it is the uid.
    name text COLLATE "C",
    -- What it is decided together with: the logical cluster (lkc-…) of keys, documents, statuses and operations that are
    -- not done; the principal of role bindings.
    root text COLLATE "C",
    -- dataPlanes/… of a desired document.
    parent text COLLATE "C",
    -- pkc-… of a logical cluster's desired document.
    placed_on text COLLATE "C",
    organization text COLLATE "C",
    -- When a loop must look at it: purge of a cluster, expiry of an operation.
    due_us bigint,
    deleted boolean NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    -- Of the wish; of a status the generation that it has observed.
    generation bigint NOT NULL,
    create_us bigint NOT NULL,
    update_us bigint NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (kind, uid)
);

CREATE UNIQUE INDEX aggregate_name ON aggregate (kind, name) WHERE name IS NOT NULL;
CREATE INDEX aggregate_root ON aggregate (root) WHERE root IS NOT NULL;
CREATE INDEX aggregate_placed_on ON aggregate (placed_on) WHERE placed_on IS NOT NULL;
CREATE INDEX aggregate_parent ON aggregate (parent, update_us) WHERE parent IS NOT NULL;
CREATE INDEX aggregate_due ON aggregate (kind, due_us) WHERE due_us IS NOT NULL;
CREATE INDEX aggregate_created ON aggregate (organization, create_us, uid) WHERE kind = 4;

-- Requests answered in the last 24 hours, by their request_id.
CREATE TABLE request (
    organization text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    payload_hash bytea NOT NULL,
    answer text NOT NULL,
    create_us bigint NOT NULL,
    PRIMARY KEY (organization, principal, request_id)
);

CREATE INDEX request_created ON request (create_us);
