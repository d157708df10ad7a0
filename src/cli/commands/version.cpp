#include "cli/command.h"
#include "cli/output.h"
#include "longhaul/service.h"

namespace lh::cli {
namespace {

ExitStatus run_version() {
  Output output;
  output.line(std::string("longhaul ") + longhaul::LibraryVersion());
  output.flush();
  return ExitStatus::Done;
}

Run define_version(Arguments&) {
  return &run_version;
}

}  // namespace

const Command version_command{"version", "", "Print the version", "", "", &define_version};

}  // namespace lh::cli
