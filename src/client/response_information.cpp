#include "longhaul/response_information.h"

#include "client/operation_core.h"

namespace longhaul {

const detail::ResponseData& ResponseInformation::data() const {
  if (!data_) throw_hresult(hresult(0x80004003U), L"there is no response");
  return *data_;
}

Uri ResponseInformation::ActualUri() const {
  return Uri(data().uri);
}

IMapView<hstring, hstring> ResponseInformation::Headers() const {
  return data().headers;
}

bool ResponseInformation::IsResumable() const {
  return data().resumable;
}

std::uint32_t ResponseInformation::StatusCode() const {
  return data().status;
}

}  // namespace longhaul
