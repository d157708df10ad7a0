#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// What requests send: R57.
namespace lh {
namespace {

class RequestBodyPolicy : public MachineTest {
 protected:
  [[nodiscard]] static Transfer with_body(Transfer t, bool is_spooled) {
    t.spec.body = RequestBody{.file = "/b", .is_spooled = is_spooled, .stamp = {1, 2, 3, 4, 5}};
    return t;
  }
  [[nodiscard]] static Transfer spooled(Transfer t) { return with_body(std::move(t), true); }
  [[nodiscard]] static Transfer from_file(Transfer t) { return with_body(std::move(t), false); }
  static bool drops(const Step& step) { return find<action::DropBody>(step) != nullptr; }
  /// Whether the copy is given up only behind the row that names it no longer.
  static bool is_dropped_behind_its_row(const Step& step) {
    bool persisted = false;
    for (const Action& action : step.actions) {
      persisted |= std::holds_alternative<action::Persist>(action);
      if (std::holds_alternative<action::DropBody>(action)) return persisted;
    }
    return false;
  }
  /// Every way to end.
  [[nodiscard]] std::vector<Step> ends(const std::function<Transfer(Transfer)>& with) {
    return {feed(with(queued()), event::CancelRequested{kRequest}),
            feed(with(half_way_in(Phase::PausedByApp)), event::CancelRequested{kRequest}),
            feed(with(half_way()), event::CancelRequested{kRequest}),
            feed(with(half_way()), event::AttemptFailed{kAttempt, http_failure(404), 300}),
            feed(with(in_phase(Phase::Finishing)), event::FileCommitted{"x"})};
  }
};

TEST_F(RequestBodyPolicy, R57_TheEndGivesTheCopyUpBehindItsRow) {
  for (const Step& s : ends(&RequestBodyPolicy::spooled)) {
    ASSERT_TRUE(is_final(s.transfer.state.phase)) << actions(s);
    EXPECT_TRUE(drops(s)) << actions(s);
    EXPECT_TRUE(is_dropped_behind_its_row(s)) << actions(s);
    EXPECT_FALSE(s.transfer.spec.body);
  }
}

TEST_F(RequestBodyPolicy, R57_AFileOfTheUserIsNeverErased) {
  for (const Step& s : ends(&RequestBodyPolicy::from_file)) {
    ASSERT_TRUE(is_final(s.transfer.state.phase)) << actions(s);
    EXPECT_FALSE(drops(s)) << actions(s);
    EXPECT_FALSE(s.transfer.spec.body) << "nobody needs it again";
  }
}

TEST_F(RequestBodyPolicy, AnEndWithoutABodyGivesNoneUp) {
  EXPECT_FALSE(drops(feed(queued(), event::CancelRequested{kRequest})));
}

TEST_F(RequestBodyPolicy, R57_WhateverMayBeFollowedByARequestKeepsTheCopy) {
  Transfer mendable = spooled(half_way());
  mendable.spec.recoverable = {WebErrorStatus::Forbidden};
  for (const Step& s :
       {feed(spooled(half_way()), event::AttemptFailed{kAttempt, network_failure(), 300}),
        feed(mendable, event::AttemptFailed{kAttempt, http_failure(403), 300}),
        feed(spooled(half_way()), event::PauseRequested{kRequest}),
        feed(spooled(half_way_in(Phase::PausedByApp)), event::ResumeRequested{kRequest, 33}),
        feed(spooled(created()), event::StartRequested{kRequest, 33}),
        recovered(spooled(half_way_in(Phase::Queued)))}) {
    ASSERT_FALSE(is_final(s.transfer.state.phase)) << actions(s);
    EXPECT_FALSE(drops(s)) << actions(s);
    EXPECT_EQ(s.transfer.spec.body, mendable.spec.body);
  }
}

TEST_F(RequestBodyPolicy, R57_WithTheWholeAnswerThereTheCopyStaysUntilTheFileIsCommitted) {
  const Step s = feed(spooled(half_way()), event::AttemptCompleted{kAttempt, kTotal});
  ASSERT_FALSE(is_final(s.transfer.state.phase));
  EXPECT_FALSE(drops(s)) << "its checksum may be wrong, or its disk full";
  EXPECT_TRUE(s.transfer.spec.body);
}

TEST_F(RequestBodyPolicy, AnyChangeLeavesTheBody) {
  event::Changed wish;
  wish.request = kRequest;
  wish.uri.emplace("http://other/y", "http://other:80");
  const Step s = feed(spooled(half_way_in(Phase::PausedByApp)), wish);
  EXPECT_EQ(actions(s), "Persist Reply");
  EXPECT_TRUE(s.transfer.spec.body);
}

TEST_F(RequestBodyPolicy, AnAttemptIsToldWhatToSend) {
  for (const Transfer& t : {spooled(queued()), from_file(queued()), queued()}) {
    const Step s = feed(t, event::SlotGranted{8});
    const auto* start = find<action::StartAttempt>(s);
    ASSERT_NE(start, nullptr);
    EXPECT_EQ(start->plan.body, t.spec.body);
  }
}

}  // namespace
}  // namespace lh
