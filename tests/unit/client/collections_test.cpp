#include "longhaul/foundation/collections.h"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "longhaul/foundation/date_time.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/reference.h"

namespace longhaul {
namespace {

std::vector<int> items_of(const IVector<int>& list) {
  return {list.begin(), list.end()};
}

TEST(Collections, AVectorCanBeChangedAndItsViewCannot) {
  const IVector<int> list = single_threaded_vector<int>({1, 2});
  const IVectorView<int> view = list.GetView();
  list.Append(3);
  list.RemoveAt(0);
  EXPECT_EQ(list.Size(), 2U);
  EXPECT_EQ(list.GetAt(1), 3);
  EXPECT_EQ(view.Size(), 2U);
  EXPECT_EQ(view.GetAt(0), 1);
  EXPECT_THROW(static_cast<void>(view.GetAt(2)), hresult_out_of_bounds);
  std::uint32_t index = 9;
  EXPECT_TRUE(list.IndexOf(3, index));
  EXPECT_EQ(index, 1U);
  EXPECT_FALSE(list.IndexOf(7, index));
}

TEST(Collections, AVectorTakesAndGivesItemsAtAnyPlace) {
  const IVector<int> list = single_threaded_vector<int>({1, 2});
  list.InsertAt(0, 0);
  list.InsertAt(3, 3);
  EXPECT_EQ(items_of(list), (std::vector{0, 1, 2, 3}));
  list.RemoveAtEnd();
  EXPECT_EQ(items_of(list), (std::vector{0, 1, 2}));
  list.ReplaceAll({7, 8});
  EXPECT_EQ(items_of(list), (std::vector{7, 8}));
}

TEST(Collections, APlaceBehindTheEndIsOutOfBounds) {
  const IVector<int> list = single_threaded_vector<int>({1, 2});
  EXPECT_THROW(list.InsertAt(3, 9), hresult_out_of_bounds);
  EXPECT_THROW(list.SetAt(2, 9), hresult_out_of_bounds);
  EXPECT_THROW(list.RemoveAt(2), hresult_out_of_bounds);
  list.Clear();
  EXPECT_THROW(list.RemoveAtEnd(), hresult_out_of_bounds);
}

/// Every way to change {1, 2}, and what it becomes.
struct Edit {
  std::function<void(const IVector<int>&)> edit;
  std::vector<int> result;
};
const std::vector<Edit>& edits() {
  using List = IVector<int>;
  static const std::vector<Edit> all = {
      {[](const List& list) { list.SetAt(0, 9); }, {9, 2}},
      {[](const List& list) { list.InsertAt(1, 9); }, {1, 9, 2}},
      {[](const List& list) { list.Append(9); }, {1, 2, 9}},
      {[](const List& list) { list.RemoveAt(0); }, {2}},
      {[](const List& list) { list.RemoveAtEnd(); }, {1}},
      {[](const List& list) { list.Clear(); }, {}},
      {[](const List& list) { list.ReplaceAll({9}); }, {9}},
  };
  return all;
}

TEST(ChangingVector, TellsWhatItIsAboutToBecomeAndBecomesIt) {
  for (const Edit& each : edits()) {
    std::vector<std::vector<int>> told;
    const IVector<int> list(std::vector{1, 2},
                            [&told](const std::vector<int>& items) { told.push_back(items); });
    each.edit(list);
    EXPECT_EQ(told, (std::vector<std::vector<int>>{each.result}));
    EXPECT_EQ(items_of(list), each.result);
  }
}

TEST(ChangingVector, IsStillWhatItWasWhileItTells) {
  for (const Edit& each : edits()) {
    IVector<int> list = nullptr;
    std::vector<int> seen;
    list = IVector<int>(std::vector{1, 2}, [&](const std::vector<int>&) { seen = items_of(list); });
    each.edit(list);
    EXPECT_EQ(seen, (std::vector{1, 2}));
  }
}

TEST(ChangingVector, StaysAsItIsIfTheChangeIsRefused) {
  for (const Edit& each : edits()) {
    const IVector<int> list(std::vector{1, 2}, [](const std::vector<int>&) {
      throw hresult_illegal_method_call(L"it has ended");
    });
    EXPECT_THROW(each.edit(list), hresult_illegal_method_call);
    EXPECT_EQ(items_of(list), (std::vector{1, 2}));
  }
}

TEST(ChangingVector, AskedForWhatCannotBeTellsNobody) {
  int told = 0;
  const IVector<int> list(std::vector<int>(), [&told](const std::vector<int>&) { ++told; });
  EXPECT_THROW(list.SetAt(0, 9), hresult_out_of_bounds);
  EXPECT_THROW(list.InsertAt(1, 9), hresult_out_of_bounds);
  EXPECT_THROW(list.RemoveAt(0), hresult_out_of_bounds);
  EXPECT_THROW(list.RemoveAtEnd(), hresult_out_of_bounds);
  EXPECT_EQ(told, 0);
}

TEST(ChangingVector, ACopyOfTheHandleTellsToo) {
  int told = 0;
  const IVector<int> list(std::vector{1}, [&told](const std::vector<int>&) { ++told; });
  const IVector<int> copy = list;  // NOLINT: the copy is what is tested
  copy.Append(2);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(items_of(list), (std::vector{1, 2}));
}

TEST(ChangingVector, ItsViewIsACopy) {
  const IVector<int> list(std::vector{1}, [](const std::vector<int>&) {});
  const IVectorView<int> view = list.GetView();
  list.Append(2);
  EXPECT_EQ(view.Size(), 1U);
}

int sum(const IIterable<int>& items) {
  int total = 0;
  for (const int item : items) total += item;
  return total;
}

TEST(Collections, VectorsAndInitializerListsGoWhereAnIterableIsAskedFor) {
  EXPECT_EQ(sum({1, 2, 3}), 6);
  EXPECT_EQ(sum(std::vector<int>{4}), 4);
  EXPECT_EQ(sum(IVectorView<int>(std::vector<int>{5})), 5);
}

TEST(Collections, MapKeysAreComparedWithLetterCase) {
  const IMapView<hstring, hstring> map({{L"ETag", L"\"1\""}, {L"Server", L"x"}});
  EXPECT_EQ(map.Size(), 2U);
  EXPECT_EQ(map.Lookup(L"ETag"), L"\"1\"");
  EXPECT_FALSE(map.HasKey(L"etag"));
  EXPECT_EQ(map.TryLookup(L"etag"), std::nullopt);
  EXPECT_THROW(static_cast<void>(map.Lookup(L"etag")), hresult_out_of_bounds);
  EXPECT_EQ(map.begin()->Key(), L"ETag");
}

TEST(Collections, NullOnesSaySo) {
  const IVectorView<int> none = nullptr;
  EXPECT_TRUE(none == nullptr);
  EXPECT_THROW(static_cast<void>(none.Size()), hresult_error);
}

TEST(Reference, IsNullOrAValue) {
  const IReference<int> none = nullptr;
  const IReference<int> five = 5;
  EXPECT_TRUE(none == nullptr);
  EXPECT_FALSE(five == nullptr);
  EXPECT_EQ(five.Value(), 5);
  EXPECT_THROW(static_cast<void>(none.Value()), hresult_error);
}

TEST(DateTime, CountsFrom1601InUnitsOf100Nanoseconds) {
  const auto epoch = clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(0)));
  EXPECT_EQ(epoch.time_since_epoch().count(), 116'444'736'000'000'000);
  EXPECT_EQ(clock::to_time_t(clock::from_time_t(1'700'000'000)), 1'700'000'000);
}

}  // namespace
}  // namespace longhaul
