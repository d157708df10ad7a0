#include "reach/secret_store.h"

#include <chrono>
#include <future>
#include <memory>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/files/temp_folder.h"

// The store without a Secret Service: files only.
namespace lh {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SecretStoreTest : public testing::Test {
 protected:
  [[nodiscard]] static Guid id(std::uint8_t n) { return Guid::from_random({n}); }
  [[nodiscard]] static Secrets secrets_of(const std::string& user) {
    Secrets secrets;
    secrets.server = Login{user, "pass word"};
    secrets.headers = {{"Cookie", "k=v"}};
    return secrets;
  }
  /// What `call` answers, within a deadline.
  template <typename T, typename Call>
  static std::optional<T> answer_of(Call call) {
    const auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    call([promise](T answer) { promise->set_value(std::move(answer)); });
    const bool came = future.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    EXPECT_TRUE(came) << "no answer";
    return came ? std::optional<T>(future.get()) : std::nullopt;
  }
  void put(std::uint8_t n, const Secrets& secrets) {
    const auto stored =
        answer_of<Result<void>>([&](const auto& done) { store->put(id(n), secrets, done); });
    ASSERT_TRUE(stored && stored->ok());
  }
  [[nodiscard]] Result<Secrets> load(std::uint8_t n) {
    return answer_of<Result<Secrets>>([&](const auto& done) { store->load(id(n), done); })
        .value_or(Error{});
  }
  [[nodiscard]] std::vector<Guid> list() {
    return answer_of<std::vector<Guid>>([&](const auto& done) { store->list(done); })
        .value_or(std::vector<Guid>());
  }
  [[nodiscard]] std::string file_of(std::uint8_t n) const { return "secrets/" + id(n).to_string(); }
  void restart() {
    store.reset();
    store = std::make_unique<SecretStore>(folder.path("secrets"), std::nullopt);
  }

  test::TempFolder folder;
  std::unique_ptr<SecretStore> store =
      std::make_unique<SecretStore>(folder.path("secrets"), std::nullopt);
};

TEST_F(SecretStoreTest, WhatIsPutIsLoaded) {
  put(1, secrets_of("ann"));
  put(2, secrets_of("bob"));
  EXPECT_EQ(*load(1), secrets_of("ann"));
  EXPECT_EQ(*load(2), secrets_of("bob"));
}

TEST_F(SecretStoreTest, R3_WhatIsPutOutlivesTheService) {
  put(1, secrets_of("ann"));
  restart();
  EXPECT_EQ(*load(1), secrets_of("ann"));
}

TEST_F(SecretStoreTest, WithoutABusItIsAFile) {
  put(1, secrets_of("ann"));
  EXPECT_EQ(store->place(), "file");
  EXPECT_TRUE(folder.has(file_of(1)));
}

TEST_F(SecretStoreTest, NoFolderIsMadeBeforeItIsNeeded) {
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_FALSE(folder.has("secrets"));
}

TEST_F(SecretStoreTest, WhereTheNextGoesIsKnownAfterTheFirstLook) {
  EXPECT_THAT(list(), IsEmpty());  // behind the look
  EXPECT_EQ(store->place(), "file");
}

TEST_F(SecretStoreTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(load(1).error().kind, ErrorKind::NotFound);
}

TEST_F(SecretStoreTest, WhatIsErasedIsNotFound) {
  put(1, secrets_of("ann"));
  store->erase(id(1));
  EXPECT_EQ(load(1).error().kind, ErrorKind::NotFound);
}

TEST_F(SecretStoreTest, ErasingWhatIsNotThereHarmsNothing) {
  put(1, secrets_of("ann"));
  store->erase(id(2));
  EXPECT_EQ(*load(1), secrets_of("ann"));
}

TEST_F(SecretStoreTest, TheListHasEachOfThem) {
  put(1, secrets_of("ann"));
  put(2, secrets_of("bob"));
  EXPECT_THAT(list(), UnorderedElementsAre(id(1), id(2)));
}

TEST_F(SecretStoreTest, WhatWasAskedForIsCarriedOutAtItsEnd) {
  for (std::uint8_t n = 0; n < 50; ++n) {
    store->put(id(n), secrets_of("ann"), [](const Result<void>&) {});
  }
  store->erase(id(7));
  restart();
  const auto left = list();
  EXPECT_EQ(left.size(), 49U);
  EXPECT_THAT(left, testing::Not(testing::Contains(id(7))));
}

TEST_F(SecretStoreTest, AnEntryThatIsDamagedIsAnErrorThatNamesItsPlaceAndDoesNotShowIt) {
  put(1, secrets_of("ann"));
  folder.write(file_of(1), "longhaul-secrets 1\nserver ann hunter%2\nend\n");
  const auto loaded = load(1);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::InvalidArgument);
  EXPECT_EQ(loaded.error().message().find("hunter"), std::string::npos);
  EXPECT_THAT(loaded.error().message(), testing::HasSubstr(folder.path(file_of(1))));
}

TEST_F(SecretStoreTest, WhatCannotBeStoredIsSaid) {
  folder.write("secrets", "in the way");
  const auto stored = answer_of<Result<void>>(
      [&](const auto& done) { store->put(id(1), secrets_of("ann"), done); });
  ASSERT_TRUE(stored);
  EXPECT_FALSE(stored->ok());
}

}  // namespace
}  // namespace lh
