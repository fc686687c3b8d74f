#include "model/notify_spec.h"

#include <fmt/format.h>

#include "model/sha256.h"

namespace livefix {
namespace {

constexpr std::size_t kKeyDigits = 16;
constexpr std::uint16_t kPlainWebPort = 80;
constexpr std::uint16_t kTlsWebPort = 443;

// Behind it may be anything, a token too.
std::string_view first_word(std::string_view command) {
  return command.substr(0, command.find_first_of(" \t\r\n=;|&<>()"));
}

}  // namespace

std::string WebAddress::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  const bool is_usual = port == (is_tls ? kTlsWebPort : kPlainWebPort);
  return is_usual ? name : fmt::format("{}:{}", name, port);
}

std::string WebAddress::origin() const {
  return fmt::format("{}://{}", is_tls ? "https" : "http", authority());
}

std::string NotifySpec::shown() const {
  if (command.empty()) return url.origin();
  return fmt::format("the command {}", first_word(command));
}

std::string NotifySpec::key() const {
  const std::string what = command.empty() ? url.origin() + url.target : "sh -c " + command;
  return Sha256::of(what).substr(0, kKeyDigits);
}

}  // namespace livefix
