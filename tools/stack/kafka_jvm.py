"""Java for Kafka's jars: found, checked, and fast to start."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from .failure import NO_JAVA, Failure

VERSION = "4.3.1"
# Short-lived or small: the first compiler only, one thread of garbage collection.
FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable", "-Djava.awt.headless=true"]


def cache_folder():
    return Path(os.environ.get("SLUICE_CACHE") or Path.home() / ".cache" / "sluice")


def kafka_home():
    """The folder that holds libs/."""
    home = cache_folder() / "kafka" / VERSION
    if not home.joinpath("libs").is_dir():
        raise Failure(f"Apache Kafka {VERSION} is not in {home}.", "Run: tools/install")
    return home


def java():
    found = shutil.which("java")
    if found is None:
        raise Failure("there is no java on the PATH.", "Run tools/install, which installs openjdk-17-jdk-headless.",
                      "If it is installed: is /usr/bin on the PATH?", code=NO_JAVA)
    return found


def class_path():
    return str(kafka_home() / "libs") + "/*"


def class_archive():
    """Where the archive of loaded classes lies (AppCDS, half of a start); by the JVM and the jars that it was made with."""
    version = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False).stderr
    jars = [(jar.name, jar.stat().st_size) for jar in sorted(kafka_home().joinpath("libs").iterdir())]
    key = hashlib.sha256(repr((version, jars)).encode()).hexdigest()[:16]
    folder = cache_folder() / "class-archive"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"kafka-{key}.jsa"


def tool(main_class, *arguments, heap_mib=128, timeout_s=120):
    """Runs one of Kafka's own tools to its end."""
    archive = class_archive()
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
    command = [java(), f"-Xmx{heap_mib}m", *FLAGS, *shared, "-cp", class_path(), main_class, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s)
