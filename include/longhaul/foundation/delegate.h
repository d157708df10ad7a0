#pragma once

/// @file
/// Handlers, as parameters.

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace longhaul {

namespace detail {

/// A callable that may be null: made from any callable, or from an object and one of its member
/// functions (`{this, &Page::OnProgress}`). A raw object must outlive the registration; one given
/// by weak_ptr is not called once it is gone. What a handler returns is ignored, so it may be a
/// coroutine.
template <typename... Args>
class Delegate {
 public:
  Delegate(std::nullptr_t = nullptr) noexcept {}

  template <typename Callable>
    requires(!std::is_base_of_v<Delegate, std::remove_cvref_t<Callable>> &&
             std::is_invocable_v<Callable&, Args...>)
  Delegate(Callable callable)
      : call_([callable = std::move(callable)](Args... args) mutable {
          static_cast<void>(std::invoke(callable, std::forward<Args>(args)...));
        }) {}

  template <typename Object, typename Method>
    requires std::is_invocable_v<Method, Object*, Args...>
  Delegate(Object* object, Method method)
      : call_([object, method](Args... args) {
          static_cast<void>(std::invoke(method, object, std::forward<Args>(args)...));
        }) {}

  template <typename Object, typename Method>
  Delegate(std::shared_ptr<Object> object, Method method)
      : call_([object = std::move(object), method](Args... args) {
          static_cast<void>(std::invoke(method, object.get(), std::forward<Args>(args)...));
        }) {}

  template <typename Object, typename Method>
  Delegate(std::weak_ptr<Object> object, Method method)
      : call_([object = std::move(object), method](Args... args) {
          if (const auto alive = object.lock()) {
            static_cast<void>(std::invoke(method, alive.get(), std::forward<Args>(args)...));
          }
        }) {}

  explicit operator bool() const noexcept { return static_cast<bool>(call_); }
  void operator()(Args... args) const { call_(std::forward<Args>(args)...); }

  friend bool operator==(const Delegate& a, std::nullptr_t) noexcept { return !a.call_; }

 private:
  std::function<void(Args...)> call_;
};

}  // namespace detail

template <typename Sender, typename EventArgs>
using TypedEventHandler = detail::Delegate<const Sender&, const EventArgs&>;

}  // namespace longhaul
