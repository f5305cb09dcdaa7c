#pragma once

#include <string>
#include <utility>
#include <variant>

#include "lib/base/assert.h"

namespace odograph::base {

/// What the caller has to do about a failure; nothing else distinguishes errors.
enum class Action {
  kRetry,  ///< The world may recover: back off and try again (link down, disk busy).
  kDrop,   ///< This input is bad: count it, go on with the next one (checksum, range).
  kStop,   ///< Nothing will help: report and exit (bad configuration, newer schema).
};

struct Error {
  Action action;
  std::string what;  ///< One line for the log: what was attempted, on what, why it failed.
};

inline Error retry_error(std::string what) { return {Action::kRetry, std::move(what)}; }
inline Error drop_error(std::string what) { return {Action::kDrop, std::move(what)}; }
inline Error stop_error(std::string what) { return {Action::kStop, std::move(what)}; }

/// A value or the error that stands in its place; member names as in `std::expected`.
///
/// Asking for the value of an error, or for the error of a value, is our own mistake and ends the program.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return ODOGRAPH_ASSERT(has_value()), *std::get_if<0>(&held_); }
  const T& value() const& { return ODOGRAPH_ASSERT(has_value()), *std::get_if<0>(&held_); }
  T&& value() && { return ODOGRAPH_ASSERT(has_value()), std::move(*std::get_if<0>(&held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return ODOGRAPH_ASSERT(!has_value()), *std::get_if<1>(&held_); }

 private:
  std::variant<T, Error> held_;
};

/// Success, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : held_(std::move(error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return ODOGRAPH_ASSERT(!has_value()), *std::get_if<1>(&held_); }

 private:
  std::variant<std::monostate, Error> held_;
};

using Status = Result<void>;

}  // namespace odograph::base
