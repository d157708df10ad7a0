#pragma once

/// @file
/// Lists and maps as the API returns them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "longhaul/foundation/hresult.h"

namespace longhaul {

namespace detail {
inline void check_index(std::uint32_t index, std::size_t size) {
  if (index >= size) throw hresult_out_of_bounds(L"index beyond the end of the list");
}
}  // namespace detail

/// Something to go through once or more often; where one is asked for, a vector or an initializer
/// list will do.
template <typename T>
class IIterable {
 public:
  using value_type = T;
  using const_iterator = typename std::vector<T>::const_iterator;

  IIterable(std::nullptr_t = nullptr) noexcept {}
  IIterable(std::vector<T> items) : items_(std::make_shared<std::vector<T>>(std::move(items))) {}
  IIterable(std::initializer_list<T> items) : IIterable(std::vector<T>(items)) {}

  [[nodiscard]] const_iterator begin() const { return list().begin(); }
  [[nodiscard]] const_iterator end() const { return list().end(); }

  explicit operator bool() const noexcept { return items_ != nullptr; }
  friend bool operator==(const IIterable& a, std::nullptr_t) noexcept { return !a.items_; }

 protected:
  explicit IIterable(std::shared_ptr<std::vector<T>> items) : items_(std::move(items)) {}
  [[nodiscard]] std::vector<T>& list() const {
    if (!items_) throw_hresult(hresult(0x80004003U), L"the list is null");
    return *items_;
  }
  [[nodiscard]] const std::shared_ptr<std::vector<T>>& shared() const { return items_; }

 private:
  std::shared_ptr<std::vector<T>> items_;
};

/// A list that does not change.
template <typename T>
class IVectorView : public IIterable<T> {
 public:
  using IIterable<T>::IIterable;

  [[nodiscard]] std::uint32_t Size() const {
    return static_cast<std::uint32_t>(this->list().size());
  }
  [[nodiscard]] T GetAt(std::uint32_t index) const {
    detail::check_index(index, this->list().size());
    return this->list()[index];
  }
  /// Whether it is there; `index` becomes its place.
  bool IndexOf(const T& value, std::uint32_t& index) const {
    const auto found = std::find(this->begin(), this->end(), value);
    index = found == this->end() ? 0 : static_cast<std::uint32_t>(found - this->begin());
    return found != this->end();
  }
};

/// A list; copies of the handle share it. Not for use by several threads at once.
template <typename T>
class IVector : public IIterable<T> {
 public:
  using IIterable<T>::IIterable;
  /// Ours: `changing` is called with what the list is about to become; what it throws leaves the
  /// list as it is.
  using Changing = std::function<void(const std::vector<T>&)>;
  IVector(std::vector<T> items, Changing changing)
      : IIterable<T>(std::move(items)),
        changing_(std::make_shared<Changing>(std::move(changing))) {}

  [[nodiscard]] std::uint32_t Size() const {
    return static_cast<std::uint32_t>(this->list().size());
  }
  [[nodiscard]] T GetAt(std::uint32_t index) const {
    detail::check_index(index, this->list().size());
    return this->list()[index];
  }
  bool IndexOf(const T& value, std::uint32_t& index) const {
    const auto found = std::find(this->begin(), this->end(), value);
    index = found == this->end() ? 0 : static_cast<std::uint32_t>(found - this->begin());
    return found != this->end();
  }
  void SetAt(std::uint32_t index, T value) const {
    detail::check_index(index, this->list().size());
    change([&](std::vector<T>& items) { items[index] = std::move(value); });
  }
  void InsertAt(std::uint32_t index, T value) const {
    if (index != this->list().size()) detail::check_index(index, this->list().size());
    change([&](std::vector<T>& items) {
      items.insert(items.begin() + static_cast<std::ptrdiff_t>(index), std::move(value));
    });
  }
  void Append(T value) const {
    change([&](std::vector<T>& items) { items.push_back(std::move(value)); });
  }
  void RemoveAt(std::uint32_t index) const {
    detail::check_index(index, this->list().size());
    change([&](std::vector<T>& items) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
    });
  }
  void RemoveAtEnd() const {
    if (this->list().empty()) throw hresult_out_of_bounds(L"the list is empty");
    change([](std::vector<T>& items) { items.pop_back(); });
  }
  void Clear() const {
    change([](std::vector<T>& items) { items.clear(); });
  }
  void ReplaceAll(std::vector<T> values) const {
    change([&](std::vector<T>& items) { items = std::move(values); });
  }
  /// A copy of what is in it now.
  [[nodiscard]] IVectorView<T> GetView() const { return IVectorView<T>(this->list()); }

 private:
  template <typename Edit>
  void change(Edit edit) const {
    if (!changing_) return edit(this->list());
    std::vector<T> changed = this->list();
    edit(changed);
    (*changing_)(changed);
    this->list() = std::move(changed);
  }

  std::shared_ptr<Changing> changing_;
};

template <typename T>
[[nodiscard]] IVector<T> single_threaded_vector(std::vector<T> items = {}) {
  return IVector<T>(std::move(items));
}

template <typename K, typename V>
class IKeyValuePair {
 public:
  IKeyValuePair(K key, V value) : key_(std::move(key)), value_(std::move(value)) {}
  [[nodiscard]] const K& Key() const { return key_; }
  [[nodiscard]] const V& Value() const { return value_; }

 private:
  K key_;
  V value_;
};

/// A map that does not change. Keys are compared as they are, letter case included.
template <typename K, typename V>
class IMapView {
 public:
  using value_type = IKeyValuePair<K, V>;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  IMapView(std::nullptr_t = nullptr) noexcept {}
  /// In the order of going through it; of equal keys the first counts.
  explicit IMapView(std::vector<value_type> items) {
    auto data = std::make_shared<Data>();
    for (value_type& item : items) {
      if (data->places.emplace(item.Key(), data->items.size()).second) {
        data->items.push_back(std::move(item));
      }
    }
    data_ = std::move(data);
  }

  [[nodiscard]] std::uint32_t Size() const {
    return static_cast<std::uint32_t>(data().items.size());
  }
  [[nodiscard]] bool HasKey(const K& key) const { return data().places.contains(key); }
  /// Throws hresult_out_of_bounds for a key that is not there.
  [[nodiscard]] V Lookup(const K& key) const {
    const auto found = data().places.find(key);
    if (found == data().places.end()) throw hresult_out_of_bounds(L"no such key");
    return data().items[found->second].Value();
  }
  [[nodiscard]] std::optional<V> TryLookup(const K& key) const {
    const auto found = data().places.find(key);
    if (found == data().places.end()) return std::nullopt;
    return data().items[found->second].Value();
  }
  [[nodiscard]] const_iterator begin() const { return data().items.begin(); }
  [[nodiscard]] const_iterator end() const { return data().items.end(); }

  explicit operator bool() const noexcept { return data_ != nullptr; }
  friend bool operator==(const IMapView& a, std::nullptr_t) noexcept { return !a.data_; }

 private:
  struct Data {
    std::vector<value_type> items;
    std::unordered_map<K, std::size_t> places;
  };
  [[nodiscard]] const Data& data() const {
    if (!data_) throw_hresult(hresult(0x80004003U), L"the map is null");
    return *data_;
  }

  std::shared_ptr<const Data> data_;
};

}  // namespace longhaul
