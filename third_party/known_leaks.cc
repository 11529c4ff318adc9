// What LeakSanitizer is not to report of Debian's libraries. It asks for this by name; without it nobody calls it.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions();

// c-ares 1.18: ten bytes (a host name) of each look-up that gRPC cancels, as after a refused handshake.
extern "C" const char* __lsan_default_suppressions() { return "leak:libcares.so\n"; }
// NOLINTEND(bugprone-reserved-identifier)
