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
        secrets_(std::move(secrets)),
        make_thread_([&ops, &files, &clock, secrets = secrets_, sink = std::move(sink)](
                         const EngineSettings& present, NetworkThread::HandOver hand_over) {
          return std::make_unique<NetworkThread>(present, ops, files, clock, secrets, sink,
                                                 std::move(hand_over));
        }) {
    prepare_libcurl();
    http_ = make_thread_(settings_, [this](NetworkThread& http, TransferPlan plan) {
      if (!tickets_) tickets_ = make_thread_(http.settings(), {});
      start_on(*tickets_, std::move(plan));
    });
  }

  NetworkThread& thread_for(const TransferPlan& plan) {
    if (plan.method != kFtpMethod) return *http_;
    if (!ftp_) ftp_ = make_thread_(settings_, {});
    return *ftp_;
  }

  static void start_on(NetworkThread& thread, TransferPlan plan) {
    thread.post(
        [plan = std::move(plan)](NetworkThread& own) mutable { own.start(std::move(plan)); });
  }

  /// Calls `ask` on each thread until it says that the attempt was there.
  void find(const std::function<bool(NetworkThread&)>& ask) {
    if (ftp_) ftp_->post([ask](NetworkThread& thread) { ask(thread); });
    // What was handed over is behind its plan there.
    http_->post([this, ask](NetworkThread& thread) {
      if (!ask(thread) && tickets_) tickets_->post([ask](NetworkThread& other) { ask(other); });
    });
  }

  void set_settings(EngineSettings settings) {
    settings_ = std::move(settings);
    const auto set = [settings = settings_](NetworkThread& thread) {
      thread.set_settings(settings);
    };
    if (ftp_) ftp_->post(set);
    http_->post([this, set](NetworkThread& thread) {
      set(thread);
      if (tickets_) tickets_->post(set);
    });
  }

  /// With its login, which is asked for at once: it goes as soon as this returns.
  void give_up(TransferPlan plan) {
    const auto post = http_->poster();
    if (!plan.secret) {
      return post([plan = std::move(plan)](NetworkThread& own) mutable { own.start(plan); });
    }
    const SecretId id = *std::exchange(plan.secret, std::nullopt);
    secrets_(id, [post, plan = std::move(plan)](const Result<Secrets>& secrets) {
      post([plan, known = secrets.ok() ? *secrets : Secrets()](NetworkThread& own) {
        own.start(plan, known);
      });
    });
  }

  /// For attempts of which nobody hears: none that others count.
  AttemptId next_unnamed() { return kUnnamed | ++unnamed_; }

 private:
  static constexpr AttemptId kUnnamed = AttemptId{1} << 63;

  AttemptId unnamed_ = 0;
  EngineSettings settings_;
  SecretSource secrets_;
  std::function<std::unique_ptr<NetworkThread>(const EngineSettings&, NetworkThread::HandOver)>
      make_thread_;
  /// Made when it is needed, by the next one, which alone may look at it and ends before it.
  /// libcurl waits for Kerberos servers without returning.
  std::unique_ptr<NetworkThread> tickets_;
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
  Impl::start_on(thread, std::move(plan));
}

void CurlEngine::stop(AttemptId attempt) {
  impl_->find([attempt](NetworkThread& thread) { return thread.stop(attempt); });
}

void CurlEngine::cancel(AttemptId attempt) {
  impl_->find([attempt](NetworkThread& thread) { return thread.cancel(attempt); });
}

void CurlEngine::proceed(AttemptId attempt) {
  impl_->find([attempt](NetworkThread& thread) { return thread.proceed(attempt); });
}

void CurlEngine::give_up(TransferPlan plan) {
  plan.gives_up = true;
  plan.attempt = impl_->next_unnamed();
  impl_->give_up(std::move(plan));
}

void CurlEngine::set_settings(EngineSettings settings) {
  impl_->set_settings(std::move(settings));
}

}  // namespace lh
