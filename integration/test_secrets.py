"""A secret is shown once and kept nowhere: not in a log, a table, a topic or a satellite's folder."""

import subprocess

import pytest


@pytest.fixture(scope="module")
def secrets(tenant, admin, tmp_path_factory):
    """name → a secret that was handed out, from here back to the tenant's own."""
    folder = tmp_path_factory.mktemp("secrets")
    cluster = tenant.serverless()
    key = cluster.key()
    tenant.cli("apikey", "create", "canary", "--secret-file", folder / "api.key")
    token = admin("dataplane", "token", "local", "--secret-file", folder / "token")
    assert "enrolment_token" not in token
    return {
        "a Kafka password": key.password,
        "an API key": (folder / "api.key").read_text().strip()[-32:],  # all random: its id comes first
        "an enrolment token": (folder / "token").read_text().strip(),
    }


def test_they_are_long_enough_to_be_found(secrets):
    for name, secret in secrets.items():
        assert len(secret) >= 20, name


def test_no_log_tells_them(stack, secrets):
    for log in stack.state.path("logs").iterdir():
        if log.is_file():
            text = log.read_bytes()
            for name, secret in secrets.items():
                assert secret.encode() not in text, f"{name} in {log.name}"


def test_no_table_holds_them(stack, secrets):
    dump = subprocess.run([stack.postgres.bin / "pg_dump", "-h", "127.0.0.1", "-p", str(stack.postgres.port), "-U",
                           "provisioner", "provisioner"],
                          env={"PGPASSFILE": str(stack.postgres._pass_file("provisioner")), "PATH": "/usr/bin:/bin"},
                          capture_output=True, check=True, timeout=120).stdout
    assert b"lkc-" in dump or dump.count(b"COPY") > 0
    for name, secret in secrets.items():
        # bytea columns are dumped in hexadecimal.
        assert secret.encode() not in dump and secret.encode().hex().encode() not in dump, name


def test_no_topic_carries_them(bus_records, secrets):
    assert any(topic.endswith(".desired.v1") for topic, _ in bus_records)
    for topic, value in bus_records:
        for name, secret in secrets.items():
            assert secret.encode() not in value, f"{name} on {topic}"


def test_no_file_of_the_satellite_holds_them(stack, secrets):
    for path in stack.state.path("satellite").rglob("*"):
        # Kafka's own log segments hold what tenants wrote and what Kafka keeps of its users: salted and hashed.
        if path.is_file() and path.stat().st_size < 4 << 20:
            text = path.read_bytes()
            for name, secret in secrets.items():
                assert secret.encode() not in text, f"{name} in {path}"


def test_no_command_line_shows_them(stack, secrets):
    shown = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=True, timeout=30).stdout
    for name, secret in secrets.items():
        assert secret.encode() not in shown, name
