#include "http/route_pattern.h"

#include <algorithm>

namespace livefix::http {
namespace {

enum Kind : std::uint8_t { digit, hex, letter, mark, strange };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds.fill(strange);
  for (unsigned c = 'a'; c <= 'z'; ++c) kinds[c] = kinds[c - 'a' + 'A'] = c <= 'f' ? hex : letter;
  for (unsigned c = '0'; c <= '9'; ++c) kinds[c] = digit;
  for (const char c : {'-', '.', '_'}) kinds[static_cast<unsigned char>(c)] = mark;
  // Words of some interfaces: /v1/jobs:run, /~anna, /a+b, /(group), /en,de, /$metadata.
  for (const char c : {':', '~', '+', '(', ')', ',', ';', '!', '$', '*'}) {
    kinds[static_cast<unsigned char>(c)] = letter;
  }
  return kinds;
}();

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashPrime = 0x100000001b3;

bool is_uuid(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
         text[23] == '-';
}

}  // namespace

bool looks_like_id(std::string_view segment) {
  std::array<std::size_t, 5> count{};
  for (const char c : segment) ++count[kKinds[static_cast<unsigned char>(c)]];
  if (count[strange] > 0) return true;
  if (count[digit] == 0) return false;
  if (count[hex] + count[letter] == 0) return true;
  if (count[letter] == 0 && count[mark] == 0 && segment.size() >= 8) return true;
  if (count[letter] == 0 && is_uuid(segment)) return true;
  return segment.size() >= 20 && count[digit] >= 4;
}

std::string_view RoutePattern::path_of(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto authority = target.find("://");
    if (authority != std::string_view::npos) {
      target.remove_prefix(authority + 3);
      target.remove_prefix(std::min(target.size(), target.find_first_of("/?#")));
    }
  }
  return target.substr(0, target.find_first_of("?#"));
}

void RoutePattern::clear() {
  size_ = 0;
  full_ = false;
  hash_ = kHashStart;
}

void RoutePattern::append(std::string_view piece) {
  const bool fits = size_ + piece.size() <= kMaxBytes;
  if (full_) return;
  full_ = !fits;
  for (const char c : fits ? piece : std::string_view("...")) {
    text_[size_++] = c;
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * kHashPrime;
  }
}

}  // namespace livefix::http
