#include "engine/curl_engine.h"

#include <curl/curl.h>

#include "engine/network_thread.h"

namespace lh {

namespace {

/// Once per process, and never undone: other users of libcurl may be left.
void prepare_libcurl() {
  [[maybe_unused]] static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
}

}  // namespace

class CurlEngine::Impl {
 public:
  Impl(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock, EventSink sink)
      : thread((prepare_libcurl(), std::move(settings)), ops, files, clock, std::move(sink)) {}

  NetworkThread thread;
};

CurlEngine::CurlEngine(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock,
                       EventSink sink)
    : impl_(std::make_unique<Impl>(std::move(settings), ops, files, clock, std::move(sink))) {}
CurlEngine::~CurlEngine() = default;

void CurlEngine::start(TransferPlan plan) {
  impl_->thread.post(
      [plan = std::move(plan)](NetworkThread& thread) mutable { thread.start(std::move(plan)); });
}

void CurlEngine::stop(AttemptId attempt) {
  impl_->thread.post([attempt](NetworkThread& thread) { thread.stop(attempt); });
}

void CurlEngine::set_settings(EngineSettings settings) {
  impl_->thread.post(
      [settings = std::move(settings)](NetworkThread& thread) { thread.set_settings(settings); });
}

}  // namespace lh
