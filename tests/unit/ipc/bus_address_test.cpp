#include "ipc/bus_address.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

BusEnvironment bare() {
  BusEnvironment environment;
  environment.private_bus_folder = "/run/user/7/longhaul/abc";
  return environment;
}

TEST(BusAddress, ABareMachineGetsAPrivateBus) {
  const BusChoice choice = choose_bus(bare());
  EXPECT_EQ(choice.kind, BusChoice::Kind::Private);
  EXPECT_EQ(choice.address, "unix:path=/run/user/7/longhaul/abc/bus");
}

TEST(BusAddress, TheSessionBusIsUsedWhereThereIsOne) {
  BusEnvironment environment = bare();
  environment.runtime_bus_socket = "/run/user/7/bus";
  EXPECT_EQ(choose_bus(environment),
            (BusChoice{BusChoice::Kind::Session, "unix:path=/run/user/7/bus"}));
  environment.session_bus_address = "unix:abstract=/tmp/x,guid=0";
  EXPECT_EQ(choose_bus(environment),
            (BusChoice{BusChoice::Kind::Session, "unix:abstract=/tmp/x,guid=0"}));
}

TEST(BusAddress, TheGivenAddressWins) {
  BusEnvironment environment = bare();
  environment.session_bus_address = "unix:path=/run/user/7/bus";
  environment.longhaul_bus_address = "unix:path=/tmp/mine";
  EXPECT_EQ(choose_bus(environment), (BusChoice{BusChoice::Kind::Given, "unix:path=/tmp/mine"}));
}

TEST(BusAddress, ADaemonThatThePrivateBusStartedKnowsIt) {
  BusEnvironment environment = bare();
  environment.session_bus_address = "unix:path=/run/user/7/longhaul/abc/bus,guid=00ff";
  EXPECT_EQ(choose_bus(environment).kind, BusChoice::Kind::Private);
}

TEST(BusAddress, APathWithUnusualCharactersIsEscaped) {
  EXPECT_EQ(private_bus_address("/tmp/a b,c=d"), "unix:path=/tmp/a%20b%2cc%3dd/bus");
  EXPECT_TRUE(is_private_bus("unix:path=/tmp/a%20b/bus,guid=1", "/tmp/a b"));
  EXPECT_FALSE(is_private_bus("unix:path=/tmp/a%20b/bus2", "/tmp/a b"));
}

}  // namespace
}  // namespace lh
