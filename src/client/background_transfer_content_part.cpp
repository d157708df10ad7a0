#include "longhaul/background_transfer_content_part.h"

#include <string>
#include <utility>

#include "client/content_part.h"

namespace longhaul {

namespace detail {

ContentPart::ContentPart(std::string name, std::string file_name) {
  part_.name = std::move(name);
  part_.file_name = std::move(file_name);
}

void ContentPart::file(const IStorageFile& value) {
  const std::lock_guard lock(mutex_);
  file_ = value;
}

void ContentPart::text(std::string value) {
  const std::lock_guard lock(mutex_);
  part_.text = std::move(value);
}

void ContentPart::header(lh::HeaderField field) {
  const std::lock_guard lock(mutex_);
  std::erase_if(part_.headers, [&field](const lh::HeaderField& other) {
    return lh::same_field_name(other.name, field.name);
  });
  part_.headers.push_back(std::move(field));
}

lh::BodyPart ContentPart::snapshot() const {
  const std::lock_guard lock(mutex_);
  lh::BodyPart part = part_;
  if (file_) part.file = to_string(file_.Path());
  return part;
}

}  // namespace detail

BackgroundTransferContentPart::BackgroundTransferContentPart()
    : state_(std::make_shared<detail::ContentPart>()) {}

BackgroundTransferContentPart::BackgroundTransferContentPart(const hstring& name)
    : BackgroundTransferContentPart(name, {}) {}

BackgroundTransferContentPart::BackgroundTransferContentPart(const hstring& name,
                                                             const hstring& fileName)
    : state_(std::make_shared<detail::ContentPart>(to_string(name), to_string(fileName))) {}

detail::ContentPart& BackgroundTransferContentPart::state() const {
  if (!state_) throw_hresult(hresult(0x80004003U), L"the part is null");
  return *state_;
}

void BackgroundTransferContentPart::SetFile(const IStorageFile& value) const {
  if (!value) throw hresult_invalid_argument(L"the file is null");
  state().file(value);
}

void BackgroundTransferContentPart::SetText(const hstring& value) const {
  state().text(to_string(value));
}

void BackgroundTransferContentPart::SetHeader(const hstring& headerName,
                                              const hstring& headerValue) const {
  lh::HeaderField field{to_string(headerName), to_string(headerValue)};
  if (!lh::is_token(field.name) || !lh::is_safe_field_value(field.value)) {
    throw hresult_invalid_argument(L"this is no HTTP header");
  }
  state().header(std::move(field));
}

}  // namespace longhaul
