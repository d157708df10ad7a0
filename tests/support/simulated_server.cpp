#include "support/simulated_server.h"

#include <algorithm>

#include "core/http/http_date.h"

namespace lh::sim {
namespace {

const TimePoint kFirstVersion{std::chrono::hours(24 * 365 * 30)};

std::string etag_of(ContentId content) {
  return "\"v" + std::to_string(content) + "\"";
}

std::string date_of(ContentId content) {
  return format_http_date(kFirstVersion + std::chrono::minutes(content));
}

void add_proof(ResponseHead& head, const ServedFile& file) {
  switch (file.proof) {
    case Proof::StrongEtag:
      head.headers.push_back({"ETag", etag_of(file.content)});
      break;
    case Proof::WeakEtag:
      head.headers.push_back({"ETag", "W/" + etag_of(file.content)});
      break;
    case Proof::LastModified:
      head.headers.push_back({"Date", format_http_date(kFirstVersion + std::chrono::years(2))});
      head.headers.push_back({"Last-Modified", date_of(file.content)});
      break;
    case Proof::None:
      break;
  }
}

std::string range_text(ByteOffset first, ByteCount size, ByteCount total) {
  return "bytes " + std::to_string(first) + "-" + std::to_string(size - 1) + "/" +
         std::to_string(total);
}

/// Whether If-Range names the version that is there now.
bool proves(const Validator& validator, const ServedFile& file) {
  switch (validator.kind) {
    case Validator::Kind::StrongEtag:
      return file.proof == Proof::StrongEtag && validator.value == etag_of(file.content);
    case Validator::Kind::LastModified:
    case Validator::Kind::OldDate:
      return file.proof == Proof::LastModified && validator.value == date_of(file.content);
    case Validator::Kind::Checksum:
      return true;                   // asked without a condition
    case Validator::Kind::FileTime:  // it speaks HTTP only
    case Validator::Kind::None:
      return false;
  }
  return false;
}

}  // namespace

ContentId SimulatedServer::new_version(ByteCount size) {
  sizes_.push_back(size);
  return static_cast<ContentId>(sizes_.size());
}

ServedFile& SimulatedServer::serve(const std::string& uri, ServedFile file) {
  file.content = new_version(file.size);
  file.versions = {file.content};
  return files_[uri] = std::move(file);
}

void SimulatedServer::replace(const std::string& uri, ByteCount size) {
  ServedFile& served = file(uri);
  served.size = size;
  served.content = new_version(size);
  served.versions.push_back(served.content);
}

void SimulatedServer::revert(const std::string& uri) {
  ServedFile& served = file(uri);
  const auto now = std::ranges::find(served.versions, served.content);
  if (now == served.versions.begin()) return;
  served.content = *std::prev(now);
  served.size = size_of(served.content);
}

void SimulatedServer::heal() {
  for (auto& [uri, file] : files_) {
    file.manner = RangeManner::Honest;
    file.errors_left = 0;
  }
}

ByteCount SimulatedServer::size_of(ContentId content) const {
  return content == 0 || content > sizes_.size() ? 0 : sizes_[content - 1];
}

ContentId SimulatedServer::content_of(const Validator& validator) {
  if (validator.kind == Validator::Kind::StrongEtag) {
    return static_cast<ContentId>(std::stoul(validator.value.substr(2)));
  }
  const bool is_date =
      validator.kind == Validator::Kind::LastModified || validator.kind == Validator::Kind::OldDate;
  if (is_date) {
    const auto date = parse_http_date(validator.value);
    if (!date) return 0;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*date - kFirstVersion);
    return static_cast<ContentId>(minutes.count());
  }
  return 0;
}

SimulatedServer::Answer SimulatedServer::get(const TransferPlan& plan, ByteCount have) {
  ++requests_;
  Answer answer;
  answer.head.uri = plan.uri;
  const auto known = files_.find(plan.uri);
  if (known == files_.end()) {
    answer.head.status = 404;
    return answer;
  }
  ServedFile& file = known->second;
  if (file.errors_left > 0) {
    --file.errors_left;
    answer.head.status = file.error_status;
    if (file.retry_after) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*file.retry_after);
      answer.head.headers.push_back({"Retry-After", std::to_string(seconds.count())});
    }
    return answer;
  }
  answer.content = file.content;
  add_proof(answer.head, file);
  const bool in_range =
      have > 0 && file.manner != RangeManner::Never && proves(plan.validator, file);
  if (!in_range) {
    answer.head.status = 200;
    answer.length = file.size;
    if (file.tells_length) {
      answer.head.headers.push_back({"Content-Length", std::to_string(file.size)});
    }
    return answer;
  }
  if (have >= file.size || file.manner == RangeManner::Refuses) {
    answer.head.status = 416;
    answer.head.headers.push_back({"Content-Range", "bytes */" + std::to_string(file.size)});
    return answer;
  }
  answer.head.status = 206;
  answer.from = have;
  ByteCount told_total = file.size;
  if (file.manner == RangeManner::StartsEarlier) answer.from = have / 2;
  if (file.manner == RangeManner::StartsLater && have + 1 < file.size) answer.from = have + 1;
  if (file.manner == RangeManner::WrongTotal) ++told_total;
  answer.length = file.size - answer.from;
  answer.head.headers.push_back({"Content-Range", range_text(answer.from, file.size, told_total)});
  return answer;
}

}  // namespace lh::sim
