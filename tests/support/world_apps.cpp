#include "support/world.h"

// The hands of scenarios: apps that wait for their answers, and the conditions outside.
namespace lh::sim {

TransferId App::create(ByteCount size, DownloadWish wish) {
  TransferId id;
  world_.ask_create(name_, {world_.make_spec(name_, size, wish)}, false, true,
                    [&id](const Result<std::vector<TransferId>>& created) {
                      if (created.ok()) id = created->front();
                    });
  world_.settle();
  return id;
}

std::optional<Error> App::try_create(ByteCount size, DownloadWish wish) {
  std::optional<Error> error;
  world_.ask_create(name_, {world_.make_spec(name_, size, wish)}, false, false,
                    [&error](const Result<std::vector<TransferId>>& created) {
                      if (!created.ok()) error = created.error();
                    });
  world_.settle();
  return error;
}

TransferId App::download(ByteCount size, DownloadWish wish) {
  const TransferId id = create(size, std::move(wish));
  start(id);
  return id;
}

std::optional<TransferError> App::control(ControlVerb verb, const TransferId& id) {
  // A cancel is answered when its request has ended, which the engine may still have to do.
  const auto answer = std::make_shared<std::optional<TransferError>>();
  world_.ask(verb, id,
             [answer](std::optional<TransferError> error) { *answer = std::move(error); });
  world_.settle();
  return *answer;
}

std::optional<TransferError> App::start(const TransferId& id) {
  return control(ControlVerb::Start, id);
}
std::optional<TransferError> App::pause(const TransferId& id) {
  return control(ControlVerb::Pause, id);
}
std::optional<TransferError> App::resume(const TransferId& id) {
  return control(ControlVerb::Resume, id);
}
std::optional<TransferError> App::cancel(const TransferId& id) {
  return control(ControlVerb::Cancel, id);
}
std::optional<TransferError> App::forget(const TransferId& id) {
  return control(ControlVerb::Forget, id);
}
std::optional<TransferError> App::collect(const TransferId& id) {
  return control(ControlVerb::Collect, id);
}

void Conditions::set(const Facts& facts) {
  world_.set_facts(facts);
  world_.settle();
}

void Conditions::disconnect() {
  Facts facts = world_.facts;
  facts.network.connected = false;
  facts.network.since = world_.clock.now();
  set(facts);
}

void Conditions::connect() {
  Facts facts = world_.facts;
  facts.network.connected = true;
  facts.network.since = world_.clock.now();
  set(facts);
}

void Conditions::metered() {
  Facts facts = world_.facts;
  facts.network.cost = NetworkCostType::Fixed;
  set(facts);
}

void Conditions::unmetered() {
  Facts facts = world_.facts;
  facts.network.cost = NetworkCostType::Unrestricted;
  set(facts);
}

void Conditions::spare_battery(bool on) {
  Facts facts = world_.facts;
  facts.power.holds_background = on;
  set(facts);
}

}  // namespace lh::sim
