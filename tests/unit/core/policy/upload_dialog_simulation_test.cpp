#include <map>
#include <string>

#include <gtest/gtest.h>

#include "support/random_source.h"
#include "unit/core/policy/upload_dialog_fixture.h"

// The dialog against a server that keeps what it gets and cuts connections at random, with the
// sender killed now and then; and against answers that make no sense at all.

namespace lh {
namespace {

using namespace upload_test;
using sim::RandomSource;

/// What a server is like. Sizes are counted in bytes, none is really there: which byte of the body
/// was stored where follows from its offset.
struct Nature {
  UploadProtocol protocol = UploadProtocol::Draft;
  unsigned version = 8;
  ByteCount max_append = 0;  ///< 0: any
  bool with_upload = false;
  ByteCount loses = 0;  ///< so many bytes of a cut request at most were on the way
};

/// One upload resource. Throws the test if bytes come that are not the next ones.
class Server {
 public:
  Server(Nature nature, RandomSource& chance) : nature_(nature), chance_(chance) {}

  /// Whether the request was answered, and how; interim answers go to the dialog.
  UploadStep serve(UploadDialog& dialog, int cut_percent) {
    const UploadRequest request = dialog.next();
    ++requests;
    const ByteCount length = request.length.value_or(0);
    const bool cut = chance_.percent(static_cast<std::uint64_t>(cut_percent));
    ByteCount handed = cut ? chance_.below(length + 1) : length;
    const bool answer_lost = cut && chance_.percent(20);
    if (answer_lost) handed = length;
    const ByteCount arrived =
        cut && !answer_lost ? handed - std::min(handed, chance_.below(nature_.loses + 1)) : handed;
    // A request that brings nothing may not even arrive.
    const bool lost = cut && !answer_lost && length == 0;
    if (lost) return broke(dialog, 0);
    ResponseHead answer;
    switch (request.purpose) {
      case Purpose::Discover:
        answer = head(204, {{"Tus-Version", "1.0.0"},
                            {"Tus-Extension",
                             nature_.with_upload ? "creation,creation-with-upload" : "creation"}});
        break;
      case Purpose::Create:
        if (create(request, dialog, arrived, handed, answer)) return broke(dialog, handed);
        break;
      case Purpose::AskOffset:
        answer = tell();
        break;
      case Purpose::Append:
        answer = append(request, arrived);
        break;
      case Purpose::Plain:
      case Purpose::Cancel:
        ADD_FAILURE() << "nobody asked for that";
    }
    sent += handed;
    if (cut) {
      ++cuts;
      return dialog.on_break(handed);
    }
    return dialog.on_answer(answer, handed, kNow);
  }

  ByteCount stored = 0;
  int completions = 0;
  ByteCount sent = 0;
  int cuts = 0;
  int requests = 0;

 private:
  UploadStep broke(UploadDialog& dialog, ByteCount handed) {
    sent += handed;
    ++cuts;
    return dialog.on_break(handed);
  }

  /// True: the client stopped sending.
  bool create(const UploadRequest& request, UploadDialog& dialog, ByteCount arrived,
              ByteCount& handed, ResponseHead& answer) {
    // The former resource, if there was one, is not known to anybody: its bytes count for nothing.
    stored = 0;
    if (nature_.protocol == UploadProtocol::Tus) {
      take(0, arrived);
      answer = head(201, {{"Location", "/up/1"}, offset(stored)});
      finish(kLength == stored);
      return false;
    }
    const std::string version = field(request, "Upload-Draft-Interop-Version");
    const bool speaks =
        version == (nature_.version == 0 ? "(none)" : std::to_string(nature_.version));
    if (!speaks) {
      complete(arrived == kLength);
      answer = head(200);
      return false;
    }
    HeaderList said = {{"Location", "/up/1"}};
    if (nature_.max_append > 0) {
      said.push_back({"Upload-Limit", "max-append-size=" + std::to_string(nature_.max_append)});
    }
    if (dialog.on_interim(head(104, said), kNow) == UploadInterim::Stop) {
      handed = std::min(handed, 1_MiB);
      take(0, std::min(arrived, handed));
      return true;
    }
    take(0, arrived);
    if (chance_.percent(50)) (void)dialog.on_interim(head(104, {offset(stored)}), kNow);
    complete(stored == kLength);
    answer = head(200);
    return false;
  }

  ResponseHead tell() {
    HeaderList headers = {offset(stored), {"Upload-Length", std::to_string(kLength)}};
    if (nature_.protocol == UploadProtocol::Draft)
      headers.push_back(done_ ? kComplete : kIncomplete);
    return head(204, std::move(headers));
  }

  ResponseHead append(const UploadRequest& request, ByteCount arrived) {
    if (field(request, "Upload-Offset") != std::to_string(stored))
      return head(409, {offset(stored)});
    if (nature_.max_append > 0) {
      EXPECT_LE(*request.length, nature_.max_append);
    }
    if (nature_.protocol == UploadProtocol::Tus) {
      EXPECT_LE(*request.length, kUploadChunk);
    }
    take(request.from, arrived);
    HeaderList headers = {offset(stored)};
    if (nature_.protocol == UploadProtocol::Tus) {
      finish(stored == kLength);
    } else {
      finish(field(request, "Upload-Complete") == "?1" && arrived == *request.length);
      headers.push_back(done_ ? kComplete : kIncomplete);
    }
    return head(done_ ? 200 : 204, std::move(headers));
  }

  void take(ByteOffset from, ByteCount length) {
    EXPECT_EQ(from, stored) << "bytes in the wrong place";
    EXPECT_FALSE(done_) << "bytes behind the end";
    stored += length;
    EXPECT_LE(stored, kLength);
  }
  void finish(bool whole) {
    if (!whole) return;
    EXPECT_EQ(stored, kLength);
    complete(true);
  }
  void complete(bool whole) {
    if (!whole) return;
    stored = kLength;
    done_ = true;
    ++completions;
  }

  Nature nature_;
  RandomSource& chance_;
  bool done_ = false;
};

/// Drives an upload to its end; the sender is killed now and then, and has then what was durable.
UploadStep upload(Server& server, UploadWish wish, RandomSource& chance) {
  UploadDialog dialog(order(wish), uris(), std::nullopt);
  std::uint32_t attempts = 0;
  for (int round = 0; round < 1000; ++round) {
    const UploadStep step = server.serve(dialog, 30);
    if (step.kind == Kind::Final || step.kind == Kind::Fail) return step;
    if (step.kind == Kind::Retry) ++attempts;
    if (chance.percent(20)) {
      UploadOrder again = order(wish);
      again.attempts = attempts;
      again.restarts = dialog.restarts();
      dialog = UploadDialog(again, uris(), dialog.resource());
    }
  }
  return {.kind = Kind::Retry, .reason = "does not end"};
}

void expect_whole_once(const Nature& nature, std::uint64_t seed) {
  RandomSource chance(seed);
  Server server(nature, chance);
  const auto wish =
      nature.protocol == UploadProtocol::Tus ? UploadWish::Tus : UploadWish::Automatic;
  const UploadStep end = upload(server, wish, chance);
  EXPECT_EQ(end.kind, Kind::Final) << end.reason << ", seed " << seed;
  EXPECT_EQ(server.stored, kLength) << seed;
  EXPECT_EQ(server.completions, 1) << seed;
  EXPECT_LE(server.sent, kLength + 8_MiB * static_cast<ByteCount>(server.cuts)) << seed;
}

TEST(UploadDialogSimulation, Draft_WhateverIsCutTheBodyArrivesOnceAndLittleIsSentAgain) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Nature nature;
    nature.max_append = seed % 3 == 0 ? 5_MiB : 0;
    nature.loses = seed % 2 == 0 ? 7_MiB : 0;
    expect_whole_once(nature, seed);
    if (HasFailure()) return;
  }
}

TEST(UploadDialogSimulation, Tus_WhateverIsCutTheBodyArrivesOnceAndLittleIsSentAgain) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Nature nature;
    nature.protocol = UploadProtocol::Tus;
    nature.with_upload = seed % 2 == 0;
    nature.loses = 8_MiB;
    RandomSource chance(seed);
    expect_whole_once(nature, seed);
    if (HasFailure()) return;
  }
}

/// A head of random status and fields, some of them near to what makes sense.
ResponseHead any_head(RandomSource& chance, const UploadDialog& dialog) {
  static const std::vector<int> statuses = {200, 201, 204, 204, 204, 301, 308, 400, 401,
                                            403, 404, 405, 409, 409, 410, 412, 413, 413,
                                            415, 423, 429, 460, 500, 501, 502, 503, 104};
  const ByteOffset end = dialog.next().end();
  const std::vector<ByteOffset> offsets = {
      0,       end,        end / 2, end + 1, dialog.acknowledged(), dialog.acknowledged() + 1,
      kLength, kLength + 1};
  HeaderList headers;
  if (chance.percent(80)) headers.push_back(offset(chance.pick(offsets)));
  if (chance.percent(50)) headers.push_back(chance.percent(20) ? kComplete : kIncomplete);
  if (chance.percent(60)) headers.push_back({"Location", chance.percent(80) ? "/up/1" : "?"});
  if (chance.percent(20))
    headers.push_back({"Upload-Length", chance.percent(90) ? "20971520" : "1"});
  if (chance.percent(20)) {
    static const std::vector<ByteCount> limits = {0, 1, 100, 1_MiB, 8_MiB, 1_GiB};
    headers.push_back({"Upload-Limit", "max-append-size=" + std::to_string(chance.pick(limits))});
  }
  if (chance.percent(20)) headers.push_back({"Tus-Version", "1.0.0"});
  if (chance.percent(20)) headers.push_back({"Tus-Extension", "creation,checksum"});
  return head(chance.pick(statuses), std::move(headers));
}

TEST(UploadDialogSimulation, WhateverIsAnsweredItEnds) {
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    RandomSource chance(seed);
    const auto wish = static_cast<UploadWish>(seed % 3);
    UploadDialog dialog(order(wish), uris(), std::nullopt);
    int rounds = 0;
    int retries = 0;
    for (bool ended = false; !ended;) {
      ASSERT_LT(++rounds, 2000) << seed;
      const UploadRequest request = dialog.next();
      ASSERT_LE(request.end(), kLength);
      UploadInterim interim = UploadInterim::Ignored;
      if (chance.percent(30)) interim = dialog.on_interim(any_head(chance, dialog), kNow);
      const ByteCount handed = chance.percent(70) ? request.length.value_or(0)
                                                  : chance.below(request.length.value_or(0) + 1);
      const UploadStep step = interim == UploadInterim::Stop || chance.percent(10)
                                  ? dialog.on_break(handed)
                                  : dialog.on_answer(any_head(chance, dialog), handed, kNow);
      ASSERT_LE(dialog.restarts(), kMaxUploadRestarts);
      if (step.kind == Kind::Retry) ++retries;
      ended = step.kind == Kind::Final || step.kind == Kind::Fail || retries > 50;
    }
  }
}

/// Never a sensible end, and always something that keeps the dialog going.
TEST(UploadDialogSimulation, AServerThatIsNeverContentIsLeft) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomSource chance(seed);
    const auto protocol = seed % 2 == 0 ? UploadProtocol::Tus : UploadProtocol::Draft;
    UploadDialog dialog(order(seed % 2 == 0 ? UploadWish::Tus : UploadWish::Automatic), uris(),
                        stored(protocol));
    int rounds = 0;
    for (UploadStep step; step.kind == Kind::Send || step.kind == Kind::StartOver;) {
      ASSERT_LT(++rounds, 200) << seed;
      const UploadRequest request = dialog.next();
      int status = 204;
      if (request.purpose == Purpose::Create) status = 201;
      if (request.purpose == Purpose::Append && chance.percent(50)) status = 409;
      step = dialog.on_answer(
          head(status, {{"Location", "/up/1"}, offset(chance.below(1000)), kIncomplete}),
          request.length.value_or(0), kNow);
    }
  }
}

}  // namespace
}  // namespace lh
