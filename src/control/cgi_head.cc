#include "control/cgi_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"

namespace livefix::control {
namespace {

constexpr std::size_t kLargestHead = 16 << 10;
constexpr std::array<std::string_view, 4> kPassed{"Content-Type", "Cache-Control", "Expires",
                                                  "Pragma"};

bool is_same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// 0: none that ends an exchange and has a body.
unsigned parse_status(std::string_view value) {
  unsigned status = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
  const bool is_whole = end == value.data() + value.size() || *end == ' ';
  const bool has_body = status >= 200 && status <= 599 && status != 204 && status != 304;
  return error == std::errc{} && is_whole && has_body ? status : 0;
}

// False: it is no field.
bool take_line(std::string_view line, CgiHead& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  if (std::ranges::any_of(value, is_control)) return false;
  if (is_same(name, "Status")) {
    head.status = parse_status(value);
    return head.status != 0;
  }
  const auto passed = std::ranges::find_if(kPassed, [&](auto one) { return is_same(one, name); });
  if (passed != kPassed.end()) head.fields.emplace_back(*passed, value);
  return true;
}

}  // namespace

Result<std::optional<CgiHead>> parse_cgi_head(std::string_view text) {
  CgiHead head;
  while (true) {
    const auto end = text.find('\n', head.size);
    if (end >= kLargestHead) break;  // or there is none
    auto line = text.substr(head.size, end - head.size);
    if (line.ends_with('\r')) line.remove_suffix(1);
    head.size = end + 1;
    if (line.empty()) return head;
    if (!take_line(line, head)) return fail("its head has a line that is no field of CGI");
  }
  if (text.size() > kLargestHead) return fail("its head is larger than {} KiB", kLargestHead >> 10);
  return std::nullopt;
}

}  // namespace livefix::control
