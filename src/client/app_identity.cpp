#include "client/app_identity.h"

#include <cstdlib>
#include <mutex>
#include <utility>

#include <errno.h>  // program_invocation_short_name

namespace lh {
namespace {

struct Identity {
  std::mutex mutex;
  std::string given;
  bool asked = false;
};

Identity& identity() {
  static Identity* const instance = new Identity;  // used until the very end of the process
  return *instance;
}

}  // namespace

std::string default_app_id() {
  const char* const variable = std::getenv("LONGHAUL_APP_ID");
  if (variable != nullptr && *variable != '\0') return variable;
  const char* const name = program_invocation_short_name;
  return name != nullptr && *name != '\0' ? name : "unnamed";
}

std::string app_id() {
  Identity& state = identity();
  const std::lock_guard lock(state.mutex);
  state.asked = true;
  return state.given.empty() ? default_app_id() : state.given;
}

bool set_app_id(std::string id) {
  Identity& state = identity();
  const std::lock_guard lock(state.mutex);
  if (state.asked && state.given != id) return false;
  state.given = std::move(id);
  return true;
}

}  // namespace lh
