#include "longhaul/background_transfer_error.h"

#include "core/model/web_error.h"

namespace longhaul {

WebErrorStatus BackgroundTransferError::GetStatus(std::int32_t hresult) {
  return lh::web_error_status_of(hresult);
}

}  // namespace longhaul
