#include "longhaul/foundation/collections.h"

#include <gtest/gtest.h>

#include "longhaul/foundation/date_time.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/reference.h"

namespace longhaul {
namespace {

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
