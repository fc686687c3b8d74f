// How failure is reported: what can go wrong in operation returns a Result, and exceptions never
// leave the library call that threw them.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace livefix {

// A failure as a user should read it. `os_error` is the errno behind it, or 0.
struct Error {
  std::string message;
  int os_error = 0;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{fmt::format(format, std::forward<Args>(args)...), 0});
}

// Reads errno first, so call it before anything that could change it. The message ends in the
// system's own words: "bind [::]:3000: Address already in use".
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_errno(fmt::format_string<Args...> format,
                                                Args&&... args) {
  const int saved = errno;
  return std::unexpected(Error{
      fmt::format("{}: {}", fmt::format(format, std::forward<Args>(args)...), std::strerror(saved)),
      saved});
}

}  // namespace livefix
