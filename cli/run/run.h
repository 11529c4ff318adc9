#pragma once

#include <string>
#include <vector>

#include "cli/run/session.h"

namespace sluice::cli {

// One command line, without the program's name: runs it and gives its exit code (cli/output/error_report.h).
int RunCommandLine(const std::vector<std::string>& arguments, World& world);

}  // namespace sluice::cli
