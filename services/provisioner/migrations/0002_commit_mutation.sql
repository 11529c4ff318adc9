-- Everything that a mutation changes, in one round trip and without BEGIN and COMMIT around it. Returns OK, or
-- REPEATED:<answer> with nothing changed. Raises SL001 with the message REQUEST_ID_REUSED, PARENT_GONE:<name>,
-- HAS_CHILDREN, NAME_TAKEN:<name> or CONFLICT:<uid>, so that nothing of it stays.
-- The rows are written in the order given; callers sort them by (kind, uid), so two mutations cannot lock crosswise.
CREATE FUNCTION commit_mutation(
    p_now_us bigint,
    p_request text[],          -- organization, principal, request_id, payload hash in hex, answer; or empty
    p_live_kinds smallint[],   -- parents that must be there until the commit
    p_live_names text[],
    p_childless text,          -- name whose children would forbid it; or empty
    p_kinds smallint[],
    p_uids text[],
    p_names text[],
    p_roots text[],
    p_parents text[],
    p_placed_on text[],
    p_organizations text[],
    p_due_us bigint[],
    p_deleted boolean[],
    p_expected_versions bigint[],
    p_versions bigint[],
    p_generations bigint[],
    p_create_us bigint[],
    p_update_us bigint[],
    p_erase boolean[],
    p_states bytea[]
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_hash bytea;
    v_answer text;
BEGIN
    IF cardinality(p_request) > 0 THEN
        INSERT INTO request (organization, principal, request_id, payload_hash, answer, create_us)
        VALUES (p_request[1], p_request[2], p_request[3], decode(p_request[4], 'hex'), p_request[5], p_now_us)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT payload_hash, answer INTO v_hash, v_answer FROM request
            WHERE organization = p_request[1] AND principal = p_request[2] AND request_id = p_request[3];
            IF v_hash = decode(p_request[4], 'hex') THEN
                RETURN 'REPEATED:' || v_answer;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'REQUEST_ID_REUSED';
        END IF;
    END IF;

    -- Advisory locks, shared by all who need the parent and exclusive for who deletes it: a row lock would be written to
    -- the parent's row by every create below it.
    FOR i IN 1 .. cardinality(p_live_names) LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_live_names[i], 1));
        PERFORM 1 FROM aggregate
        WHERE kind = p_live_kinds[i] AND name = p_live_names[i] AND NOT deleted;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'PARENT_GONE:' || p_live_names[i];
        END IF;
    END LOOP;
    IF p_childless <> '' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_childless, 1));
        PERFORM 1 FROM aggregate
        WHERE kind = 4 AND name >= p_childless || '/kafkaClusters/' AND name < p_childless || '/kafkaClusters0' LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'HAS_CHILDREN';
        END IF;
        PERFORM 1 FROM aggregate WHERE parent = p_childless AND root IS NOT NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'HAS_CHILDREN';
        END IF;
    END IF;

    FOR i IN 1 .. cardinality(p_uids) LOOP
        IF p_expected_versions[i] = 0 THEN
            INSERT INTO aggregate (kind, uid, name, root, parent, placed_on, organization, due_us, deleted, version,
                                   generation, create_us, update_us, state)
            VALUES (p_kinds[i], p_uids[i], p_names[i], p_roots[i], p_parents[i], p_placed_on[i], p_organizations[i],
                    p_due_us[i], p_deleted[i], p_versions[i], p_generations[i], p_create_us[i], p_update_us[i], p_states[i])
            ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                PERFORM 1 FROM aggregate WHERE kind = p_kinds[i] AND uid = p_uids[i];
                IF FOUND THEN
                    RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'CONFLICT:' || p_uids[i];
                END IF;
                RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'NAME_TAKEN:' || p_names[i];
            END IF;
        ELSIF p_erase[i] THEN
            DELETE FROM aggregate
            WHERE kind = p_kinds[i] AND uid = p_uids[i] AND version = p_expected_versions[i];
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'CONFLICT:' || p_uids[i];
            END IF;
        ELSE
            UPDATE aggregate
            SET name = p_names[i], root = p_roots[i], parent = p_parents[i], placed_on = p_placed_on[i],
                due_us = p_due_us[i], deleted = p_deleted[i], version = p_versions[i], generation = p_generations[i],
                update_us = p_update_us[i], state = p_states[i]
            WHERE kind = p_kinds[i] AND uid = p_uids[i] AND version = p_expected_versions[i];
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'SL001', MESSAGE = 'CONFLICT:' || p_uids[i];
            END IF;
        END IF;
    END LOOP;
    RETURN 'OK';
END
$$;
