#include "longhaul/service.h"

#include <sys/wait.h>

#include <atomic>
#include <set>

#include "live_service.h"

namespace longhaul::test {
namespace {

using What = TransferEvent::What;

class Service : public LiveService {
 protected:
  static constexpr std::size_t kSize = 300'000;
  HttpStub server_{random_bytes(kSize)};
  TransferService service_{"org.longhaul.test." + unique_name()};  // an app of its own

  DownloadItem item() { return {server_.url(), folder_, unique_name()}; }
  std::string create(bool start) {
    return service_.CreateDownloads(DownloadSettings{}, {item()}, start).front();
  }
  std::size_t count() {
    std::size_t found = 0;
    service_.List({}, [&](const TransferInfo&) { return ++found > 0; });
    return found;
  }

  /// Collects the news of one transfer.
  struct News {
    Signal signal;
    std::vector<TransferEvent> events;

    std::function<void(const TransferEvent&)> handler() {
      return
          [this](const TransferEvent& event) { signal.notify([&] { events.push_back(event); }); };
    }
    bool wait_for(What kind) {
      return signal.wait([&] { return has(kind); });
    }
    [[nodiscard]] bool has(What kind) const { return count(kind) > 0; }
    [[nodiscard]] std::ptrdiff_t count(What kind) const {
      return std::count_if(events.begin(), events.end(),
                           [kind](const auto& event) { return event.Kind == kind; });
    }
  };
};

TEST_F(Service, ABatchOfThousandsKeepsItsOrderAndIsListedInPages) {
  const std::size_t before = count();
  std::vector<DownloadItem> items;
  for (int i = 0; i < 2500; ++i) items.push_back(item());
  const auto ids = service_.CreateDownloads(DownloadSettings{}, items, false);
  ASSERT_EQ(ids.size(), items.size());
  std::vector<std::string> listed;
  service_.List({}, [&](const TransferInfo& info) {
    listed.push_back(info.Id);
    return true;
  });
  ASSERT_EQ(listed.size(), before + items.size());
  EXPECT_TRUE(std::equal(ids.rbegin(), ids.rend(), listed.rbegin()));
  EXPECT_EQ(service_.Show(ids[1500]).Info.File, folder_ + "/" + items[1500].FileName);
  EXPECT_TRUE(service_.Control(TransferVerb::Cancel, ids).empty());
  service_.Control(TransferVerb::Forget, ids);
  EXPECT_EQ(count(), before);
}

TEST_F(Service, ABatchOfLongUrlsComesInCallsThatFit) {
  const std::size_t before = count();
  std::vector<DownloadItem> items;
  for (int i = 0; i < 600; ++i) {
    items.push_back(item());
    items.back().Url += "?" + std::string(30'000, 'x');  // 18 MB: several calls, several pages
  }
  const auto ids = service_.CreateDownloads(DownloadSettings{}, items, false);
  EXPECT_EQ(count(), before + items.size());
  EXPECT_EQ(service_.Show(ids.back()).Info.File, folder_ + "/" + items.back().FileName);
  service_.Control(TransferVerb::Cancel, ids);
  service_.Control(TransferVerb::Forget, ids);
  EXPECT_EQ(count(), before);
}

TEST_F(Service, ABadItemIsNamedAndNothingIsCreated) {
  const std::size_t before = count();
  std::vector<DownloadItem> items;
  for (int i = 0; i < 2100; ++i) items.push_back(item());
  items[2050].Url = "no url";
  try {
    static_cast<void>(service_.CreateDownloads(DownloadSettings{}, items, true));
    FAIL();
  } catch (const hresult_invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()).rfind("download 2050: ", 0), 0U) << error.what();
  }
  EXPECT_EQ(count(), before);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Service, AWatcherIsToldTheStateTheNewsAndTheEndOnce) {
  server_.hold_at(1000);
  const std::string id = create(false);
  News news;
  const auto watching = service_.Watch({id}, news.handler());
  ASSERT_TRUE(news.wait_for(What::State));
  EXPECT_EQ(news.events.front().Transfer.Status, BackgroundTransferStatus::Idle);
  EXPECT_TRUE(service_.Control(TransferVerb::Start, {id}).empty());
  ASSERT_TRUE(news.signal.wait(
      [&] { return news.events.back().Transfer.Status == BackgroundTransferStatus::Running; }));
  kill_daemon();
  server_.release();
  ASSERT_TRUE(news.wait_for(What::Ended));
  EXPECT_EQ(news.events.back().Transfer.Status, BackgroundTransferStatus::Completed);
  News again;
  const auto watching_again = service_.Watch({id}, again.handler());
  ASSERT_TRUE(again.wait_for(What::Ended)) << "one that has ended is told at once";
  EXPECT_EQ(again.events.size(), 1U);
  EXPECT_EQ(news.count(What::Ended), 1);
}

TEST_F(Service, NoHandlerRunsAfterTheSubscriptionIsGone) {
  server_.hold_at(1000);
  const std::string id = create(false);
  auto calls = std::make_unique<std::atomic<int>>(0);
  auto watching = service_.WatchAll(false, [&calls](const TransferEvent&) { ++*calls; });
  service_.Control(TransferVerb::Start, {id});
  watching.reset();
  calls.reset();  // a late call would be seen by the sanitizers
  News news;
  const auto other = service_.Watch({id}, news.handler());
  server_.release();
  EXPECT_TRUE(news.wait_for(What::Ended));
}

TEST_F(Service, WatchAllSeesCreationEndAndForgetting) {
  News news;
  const auto watching = service_.WatchAll(false, news.handler());
  News others;
  TransferService other_app("org.longhaul.other");
  const auto watching_others = other_app.WatchAll(false, others.handler());
  const std::string id = create(true);
  ASSERT_TRUE(news.wait_for(What::Ended));
  service_.Control(TransferVerb::Forget, {id});
  ASSERT_TRUE(news.wait_for(What::Forgotten));
  EXPECT_TRUE(news.has(What::Created));
  EXPECT_TRUE(others.events.empty()) << "not the other app's";
}

TEST_F(Service, WatchAllGoesOnWithTheNextDaemon) {
  server_.hold_at(1000);
  News news;
  const auto watching = service_.WatchAll(false, news.handler());
  const std::string id = create(true);
  ASSERT_TRUE(news.signal.wait([&] {
    return !news.events.empty() &&
           news.events.back().Transfer.Status == BackgroundTransferStatus::Running;
  }));
  kill_daemon();
  server_.release();
  ASSERT_TRUE(news.wait_for(What::Ended));
  const std::string last = create(true);
  ASSERT_TRUE(news.signal.wait([&] {
    return news.events.back().Kind == What::Ended && news.events.back().Transfer.Id == last;
  }));
  EXPECT_EQ(std::count_if(news.events.begin(), news.events.end(),
                          [&](const auto& event) {
                            return event.Kind == What::Ended && event.Transfer.Id == id;
                          }),
            1);
}

TEST_F(Service, FindsByPrefixAcrossApps) {
  const std::string id = create(false);
  TransferService other("org.longhaul.other");
  EXPECT_EQ(other.Find(id.substr(0, 8)), id);
  EXPECT_EQ(code_of([&] { static_cast<void>(other.Find("123")); }), hresult(0x80070057U));
  EXPECT_EQ(code_of([&] { static_cast<void>(other.Find("zzzz")); }), hresult(0x80070490U));
  EXPECT_EQ(code_of([&] { static_cast<void>(other.Show("00000000-0000-4000-8000-000000000000")); }),
            hresult(0x80070490U));
  EXPECT_EQ(code_of([&] {
              static_cast<void>(
                  service_.Watch({"00000000-0000-4000-8000-000000000000"}, [](const auto&) {}));
            }),
            hresult(0x80070490U));
}

TEST_F(Service, RefusalsComeOneByOne) {
  const std::string id = create(false);
  const auto refused =
      service_.Control(TransferVerb::Pause, {id, "00000000-0000-4000-8000-000000000000"});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].Id, id);
  EXPECT_EQ(hresult(refused[0].HResult), hresult(0x8000000EU));
  EXPECT_EQ(hresult(refused[1].HResult), hresult(0x80070490U));
}

TEST_F(Service, ContentIsReadWhileItArrives) {
  // Often: what the service says while the content is being opened comes in any order.
  for (int round = 0; round < 20; ++round) {
    server_.hold_at(100'000);
    const auto reader = service_.OpenContent(create(true), 5);
    std::vector<std::uint8_t> buffer(kSize);
    std::string got;
    while (got.size() < 100'000 - 5) {
      const std::size_t count = reader->Read(buffer, true);
      ASSERT_GT(count, 0U);
      got.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    EXPECT_EQ(reader->Read(buffer, false), 0U) << "nothing more is there, and it does not wait";
    server_.release();
    for (std::size_t count = 1; count > 0;) {
      count = reader->Read(buffer, true);
      got.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    EXPECT_EQ(got, random_bytes(kSize).substr(5));
  }
}

TEST_F(Service, AReaderThatFollowsAnotherAtOnceHearsTheNews) {
  server_.hold_at(1000);
  const std::string id = create(true);
  std::vector<std::uint8_t> buffer(kSize);
  auto reader = service_.OpenContent(id, 0);
  for (int round = 0; round < 20; ++round) {
    reader.reset();
    reader = service_.OpenContent(id, 0);
    ASSERT_GT(reader->Read(buffer, true), 0U);
  }
  server_.release();
  std::size_t left = kSize;
  reader = service_.OpenContent(id, 0);
  for (std::size_t count = 1; count > 0; left -= count) count = reader->Read(buffer, true);
  EXPECT_EQ(left, 0U);
}

TEST_F(Service, ThereIsNoContentOfNothing) {
  EXPECT_EQ(code_of([&] {
              static_cast<void>(service_.OpenContent("00000000-0000-4000-8000-000000000000", 0));
            }),
            hresult(0x80070490U));
}

TEST_F(Service, StatusTellsWhoServesAndHowMuch) {
  create(false);
  const ServiceStatus status = service_.Status();
  EXPECT_GT(status.Pid, 0);
  EXPECT_EQ(status.StateFolder, OwnFolders::path() + "/state/longhaul");
  EXPECT_EQ(status.Transfers.size(), 10U) << "every status once";
  EXPECT_FALSE(status.MayRun.empty());
  EXPECT_NO_THROW(service_.Reload());
}

TEST_F(Service, ABrokenConfigurationIsSaidByReload) {
  create(false);
  const std::string folder = OwnFolders::path() + "/config/longhaul";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/longhaul.toml") << "[limits]\nat_once = 3\n";
  try {
    service_.Reload();
    ADD_FAILURE() << "an unknown key was taken";
  } catch (const hresult_error& error) {
    EXPECT_NE(std::string(error.what()).find("at_once"), std::string::npos) << error.what();
  }
  std::filesystem::remove_all(folder);
  EXPECT_NO_THROW(service_.Reload());
}

TEST_F(Service, AForkThatExitsDoesNotDisturbItsParent) {
  create(false);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      static_cast<void>(service_.Status());
    } catch (const hresult_error& error) {
      std::_Exit(error.code() == hresult(0x80070426U) ? 0 : 1);
    }
    std::_Exit(2);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NO_THROW(static_cast<void>(service_.Status()));
}

TEST_F(Service, ManyThreadsShareOneConnection) {
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  std::mutex mutex;
  std::set<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      TransferService service;
      for (int k = 0; k < 5; ++k) {
        DownloadItem one{server_.url(), folder_, {}};
        {
          const std::lock_guard lock(mutex);
          one.FileName = unique_name();
        }
        const auto made = service.CreateDownloads(DownloadSettings{}, {one}, true);
        const std::lock_guard lock(mutex);
        ids.insert(made.front());
        ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 40);
  EXPECT_EQ(ids.size(), 40U);
}

}  // namespace
}  // namespace longhaul::test
