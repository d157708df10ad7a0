#include "client/enumeration.h"

#include <string>
#include <tuple>

#include "client/app_identity.h"
#include "client/service_connection.h"

namespace longhaul::detail {
namespace {

constexpr std::uint32_t kPage = 1000;

/// Goes through the list page by page, then asks for the response of each that has one. On the
/// connection's thread.
class Enumerator : public std::enable_shared_from_this<Enumerator> {
 public:
  using Done = std::function<void(lh::Answer<Cores>)>;

  Enumerator(std::shared_ptr<lh::ServiceConnection> connection, lh::TransferKind kind, Done done)
      : connection_(std::move(connection)), kind_(kind), done_(std::move(done)) {}

  void next_page() {
    lh::ListRequest request;
    request.group = std::string();
    std::function<void(Page)> done = [self = shared_from_this()](Page page) {
      if (!page) return self->done_(std::move(page.error));
      self->take(std::move(std::get<0>(*page.value)));
    };
    connection_->call<std::vector<lh::WireSnapshot>>(
        "List", lh::Repeat::Safe, std::move(done), lh::encode_list_request(request), after_, kPage);
  }

 private:
  using Page = lh::Answer<std::tuple<std::vector<lh::WireSnapshot>>>;

  void take(std::vector<lh::WireSnapshot> page) {
    const bool is_last = page.empty();
    for (lh::WireSnapshot& wire : page) {
      lh::Result<lh::Snapshot> snapshot = lh::decode_snapshot(std::move(wire));
      if (!snapshot) continue;
      after_ = snapshot->sequence;
      if (snapshot->kind != kind_) continue;
      const bool has_response = snapshot->http_status.has_value();
      auto core = OperationCore::of(connection_, std::move(*snapshot));
      if (has_response && core->response() == nullptr) fetch_response(core);
      found_.push_back(std::move(core));
    }
    if (!is_last) return next_page();
    listed_ = true;
    finish_if_done();
  }

  void fetch_response(const std::shared_ptr<OperationCore>& core) {
    ++pending_;
    std::function<void(lh::Answer<std::tuple<lh::WireDictionary>>)> done =
        [self = shared_from_this(), core](lh::Answer<std::tuple<lh::WireDictionary>> answer) {
          if (answer) {
            if (const auto details = lh::decode_details(std::get<0>(*answer.value))) {
              core->set_response(*details);
            }
          }
          --self->pending_;
          self->finish_if_done();
        };
    connection_->call<lh::WireDictionary>("Details", lh::Repeat::Safe, std::move(done),
                                          core->snapshot().id.to_string());
  }

  void finish_if_done() {
    if (listed_ && pending_ == 0) done_(std::move(found_));
  }

  const std::shared_ptr<lh::ServiceConnection> connection_;
  const lh::TransferKind kind_;
  const Done done_;
  Cores found_;
  std::uint64_t after_ = 0;
  std::size_t pending_ = 0;
  bool listed_ = false;
};

}  // namespace

void enumerate(lh::TransferKind kind, std::function<void(lh::Answer<Cores>)> done) {
  const auto connection = lh::ServiceConnection::of_app(lh::app_id());
  const auto enumerator = std::make_shared<Enumerator>(connection, kind, std::move(done));
  // What this program was told the end of is not found again.
  connection->when_collected([enumerator] { enumerator->next_page(); });
}

}  // namespace longhaul::detail
