#include "engine/curl_engine.h"

#include <curl/curl.h>

#include "core/model/ftp_answer.h"
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
  Impl(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock,
       SecretSource secrets, EventSink sink)
      : settings_(std::move(settings)),
        make_thread_(
            [this, &ops, &files, &clock, secrets = std::move(secrets), sink = std::move(sink)] {
              return std::make_unique<NetworkThread>(settings_, ops, files, clock, secrets, sink);
            }) {
    prepare_libcurl();
    http_ = make_thread_();
  }

  NetworkThread& thread_for(const TransferPlan& plan) {
    if (plan.method != kFtpMethod) return *http_;
    if (!ftp_) ftp_ = make_thread_();
    return *ftp_;
  }

  void post(const NetworkThread::Work& work) {
    http_->post(work);
    if (ftp_) ftp_->post(work);
  }

  void set_settings(EngineSettings settings) {
    settings_ = std::move(settings);
    post([settings = settings_](NetworkThread& thread) { thread.set_settings(settings); });
  }

 private:
  EngineSettings settings_;
  std::function<std::unique_ptr<NetworkThread>()> make_thread_;
  std::unique_ptr<NetworkThread> http_;
  /// Made when it is needed. libcurl waits for some replies of FTP servers without returning, and
  /// only other FTP transfers shall wait with it.
  std::unique_ptr<NetworkThread> ftp_;
};

CurlEngine::CurlEngine(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock,
                       SecretSource secrets, EventSink sink)
    : impl_(std::make_unique<Impl>(std::move(settings), ops, files, clock, std::move(secrets),
                                   std::move(sink))) {}
CurlEngine::~CurlEngine() = default;

void CurlEngine::start(TransferPlan plan) {
  NetworkThread& thread = impl_->thread_for(plan);
  thread.post([plan = std::move(plan)](NetworkThread& own) mutable { own.start(std::move(plan)); });
}

void CurlEngine::stop(AttemptId attempt) {
  impl_->post([attempt](NetworkThread& thread) { thread.stop(attempt); });
}

void CurlEngine::cancel(AttemptId attempt) {
  impl_->post([attempt](NetworkThread& thread) { thread.cancel(attempt); });
}

void CurlEngine::set_settings(EngineSettings settings) {
  impl_->set_settings(std::move(settings));
}

}  // namespace lh
