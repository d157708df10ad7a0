#include "longhaul/service.h"

namespace longhaul {

const char* LibraryVersion() {
  return LONGHAUL_VERSION;
}

}  // namespace longhaul
