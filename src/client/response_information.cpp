#include "longhaul/response_information.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/response_data.h"

namespace longhaul {

std::shared_ptr<const detail::ResponseData> detail::response_data(const lh::Details& details) {
  const lh::ResponseHead& head = *details.response;
  auto data = std::make_shared<ResponseData>();
  data->status = static_cast<std::uint32_t>(head.status);
  data->resumable = details.resumable;
  data->uri = hstring(head.uri);
  std::vector<std::pair<std::string, std::string>> joined;
  std::unordered_map<std::string, std::size_t> places;
  for (const lh::HeaderField& field : head.headers) {
    const auto [place, is_new] = places.emplace(field.name, joined.size());
    if (is_new) {
      joined.emplace_back(field.name, field.value);
    } else {
      joined[place->second].second += ", " + field.value;
    }
  }
  std::vector<IKeyValuePair<hstring, hstring>> items;
  items.reserve(joined.size());
  for (const auto& [name, value] : joined) items.emplace_back(hstring(name), hstring(value));
  data->headers = IMapView<hstring, hstring>(std::move(items));
  return data;
}

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
