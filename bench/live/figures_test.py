"""What the benchmarks count with; no server is started."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from figures import Report, quantile, quantiles  # noqa: E402
from processor_time import children_of, fields_of, seconds_of, seconds_of_threads, seconds_with_children  # noqa: E402

BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ntime.sleep(60)"


def test_a_quantile_is_a_value_that_occurred():
    assert quantile(range(100, 0, -1), 0.5) == 51
    assert quantile(range(1, 101), 0.99) == 100
    assert quantile([7], 0.99) == 7
    assert quantiles([0.001, 0.002, 0.003]) == {"p50_ms": 2.0, "p99_ms": 3.0, "max_ms": 3.0}


def test_a_report_is_one_line_with_its_machine(capsys):
    Report().line("speed", p50_ms=1.5)
    line = capsys.readouterr().out
    assert line.count("\n") == 1 and '"bench": "speed"' in line and '"cores"' in line


def test_a_command_name_with_blanks_and_brackets_is_read_past():
    stat = "12 (a ) (b) S 1 " + " ".join(str(number) for number in range(2, 20))
    assert fields_of(stat)[:3] == ["S", "1", "2"]


def test_what_a_process_used_is_seen_and_its_children_apart():
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as busy:
        try:
            busy.stdout.readline()
            assert 0.25 <= seconds_of(busy.pid) < 5
            assert busy.pid in children_of(os.getpid())
            assert seconds_with_children(os.getpid()) >= seconds_of(os.getpid()) + 0.25
            assert seconds_of_threads(busy.pid, "no-such-thread") == 0
            name = Path(f"/proc/{busy.pid}/comm").read_text().strip()
            assert seconds_of_threads(busy.pid, name) >= 0.25
        finally:
            busy.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{busy.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seconds_of(busy.pid) == 0
