#include "cli/ref_advertisement.h"

#include <algorithm>
#include <charconv>

namespace livefix::cli {
namespace {

constexpr std::size_t kLengthDigits = 4;

// The next line (gitprotocol-common(5), pkt-line), which is taken from `body`; a flush is empty.
std::optional<std::string_view> next_line(std::string_view& body) {
  std::size_t length = 0;
  if (body.size() < kLengthDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(body.data(), body.data() + kLengthDigits, length, 16);
  if (error != std::errc{} || end != body.data() + kLengthDigits || length > body.size()) {
    return std::nullopt;
  }
  const auto line = body.substr(0, std::max(length, kLengthDigits)).substr(kLengthDigits);
  body.remove_prefix(std::max(length, kLengthDigits));
  return line.substr(0, line.find('\n'));
}

}  // namespace

bool is_advertisement(std::string_view body) {
  return next_line(body) == "# service=git-receive-pack";
}

std::optional<std::string> advertised(std::string_view body, std::string_view ref) {
  while (const auto line = next_line(body)) {
    const auto space = line->find(' ');
    if (space == std::string_view::npos) continue;
    // Behind the first of them are the capabilities.
    const auto name = line->substr(space + 1);
    if (name.substr(0, name.find('\0')) == ref) return std::string(line->substr(0, space));
  }
  return std::nullopt;
}

}  // namespace livefix::cli
