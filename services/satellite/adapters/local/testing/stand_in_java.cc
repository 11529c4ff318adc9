// In place of a JVM where a test is about processes and not about Kafka: takes any arguments, lives until SIGTERM. As a
// rehearsal it ends at once and makes no archive.
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace {
void EndQuietly(int) { _exit(0); }
}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "-XX:ArchiveClassesAtExit=", 25) == 0) return 3;
  }
  std::signal(SIGTERM, EndQuietly);
  while (true) pause();
}
