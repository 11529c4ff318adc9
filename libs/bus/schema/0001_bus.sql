-- What a service wants to say. A row lives from the writer's commit until Kafka has acknowledged it.
CREATE TABLE bus_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ce_id text NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  traceparent text NOT NULL,
  generation bigint NOT NULL,
  compacted boolean NOT NULL,
  payload bytea,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
  -- Every row is deleted soon: vacuum by count, not by share of the table.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 100000
);
-- Payloads are Protobuf and short-lived: compressing them only costs time.
ALTER TABLE bus_outbox ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Who may send. `beat` grows with each renewal: watchers compare it by their own clocks. `locked`: the holder's session
-- also holds the advisory lock, so a watcher that gets that lock knows that the session is gone.
CREATE TABLE bus_relay_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch bigint NOT NULL,
  beat bigint NOT NULL,
  holder text NOT NULL,
  locked boolean NOT NULL
);
INSERT INTO bus_relay_lease (epoch, beat, holder, locked) VALUES (0, 0, '', false);

-- The last that was acknowledged for each key of a compacted topic, to be said again when another relay may have spoken
-- since.
CREATE TABLE bus_latest (
  topic text NOT NULL,
  key text NOT NULL,
  ce_id text NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  traceparent text NOT NULL,
  generation bigint NOT NULL,
  payload bytea,
  created_at timestamptz NOT NULL,
  beat bigint NOT NULL,
  republish boolean NOT NULL DEFAULT false,
  PRIMARY KEY (topic, key)
);
ALTER TABLE bus_latest ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX bus_latest_republish ON bus_latest (topic, key) WHERE republish;

-- Which events a consumer has handled.
CREATE TABLE bus_inbox (
  consumer text NOT NULL,
  ce_source text NOT NULL,
  ce_id text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, ce_source, ce_id)
);
CREATE INDEX bus_inbox_received_at ON bus_inbox (received_at);

-- Keys whose first record fails. RETRYING: the consumer tries again by itself. PARKED: only a release helps.
CREATE TABLE bus_parked_key (
  consumer text NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  state text NOT NULL CHECK (state IN ('RETRYING', 'PARKED')),
  attempts int NOT NULL,
  -- Grows with each release, so that a consumer which waits to try again sees it.
  releases int NOT NULL DEFAULT 0,
  last_error text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, topic, key)
);
-- Their records, in the order in which they came.
CREATE TABLE bus_parked_record (
  position bigint GENERATED ALWAYS AS IDENTITY,
  consumer text NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  partition int NOT NULL,
  record_offset bigint NOT NULL,
  ce_id text NOT NULL,
  ce_source text NOT NULL,
  type text NOT NULL,
  traceparent text NOT NULL,
  generation bigint NOT NULL,
  payload bytea,
  ce_time timestamptz NOT NULL,
  PRIMARY KEY (consumer, topic, key, position),
  UNIQUE (consumer, topic, partition, record_offset)
);

-- Records that no handler will ever see: undecodable or forged. The oldest go when there are too many.
CREATE TABLE bus_rejected_record (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  record_offset bigint NOT NULL,
  reason text NOT NULL,
  error text NOT NULL,
  raw_key bytea,
  raw_value bytea,
  time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (consumer, topic, partition, record_offset)
);
