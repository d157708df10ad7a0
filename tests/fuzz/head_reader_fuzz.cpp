// Header lines of an attempt, and what is decided upon them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/policy/transfer_plan.h"
#include "engine/head_reader.h"
#include "engine/redirect.h"
#include "fuzz/require.h"

namespace lh::fuzz {
namespace {

/// A download of which 400 bytes are there.
TransferPlan half_way() {
  TransferPlan plan;
  plan.uri = "http://host/file.bin";
  plan.method = "GET";
  plan.resume_from = 400;
  plan.total = 1000;
  plan.validator = {Validator::Kind::StrongEtag, "\"a\""};
  return plan;
}

void judge(const ResponseHead& head) {
  const Verdict verdict = judge_response(half_way(), 400, head);
  if (verdict.kind == Verdict::Kind::Append) {
    // Only the rest of the same version is ever appended (R74).
    require(head.status == 206 && verdict.skip <= 400);
    require(total_length(head) == 1000U && validator_of(head) == half_way().validator);
  }
  if (verdict.kind == Verdict::Kind::Complete) require(head.status == 416);
  TransferPlan fresh = half_way();
  fresh.resume_from = 0;
  fresh.total.reset();
  fresh.validator = {};
  const Verdict first = judge_response(fresh, 0, head);
  require(first.kind != Verdict::Kind::Append && first.kind != Verdict::Kind::Complete);
  if (first.kind == Verdict::Kind::StartOver) require(head.status >= 200 && head.status < 300);
}

void redirect(const ResponseHead& head) {
  if (!is_redirect(head.status)) return;
  const auto next = follow_redirect(head, "GET", 0);
  const auto* const followed = std::get_if<Redirect>(&next);
  if (followed == nullptr) return;
  require(followed->uri.starts_with("http://") || followed->uri.starts_with("https://"));
  require(followed->uri.find('#') == std::string::npos);
  require(followed->other_origin || followed->uri.starts_with("http://host/") ||
          followed->uri.starts_with("http://host?"));
}

}  // namespace
}  // namespace lh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lh::HeadReader reader;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end == rest.npos ? rest.size() : end + 1);
    rest.remove_prefix(line.size());
    const auto step = reader.add(line);
    if (step == lh::HeadReader::Step::TooLarge) return 0;
    if (step != lh::HeadReader::Step::Complete) continue;
    const lh::ResponseHead head{reader.status(), "http://host/file.bin", reader.headers()};
    lh::fuzz::judge(head);
    lh::fuzz::redirect(head);
    reader.expect_answer();
  }
  return 0;
}
