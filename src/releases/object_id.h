// The name that Git gives to a commit, a tree or a file: 40 (SHA-1) or 64 (SHA-256) lower-case
// hexadecimal digits. A value; what has this type has been checked, so it can stand in a command
// line of Git without being taken for an option.
#pragma once

#include <algorithm>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace livefix::releases {

class ObjectId {
 public:
  static std::optional<ObjectId> parse(std::string_view text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    const bool whole = text.size() == 40 || text.size() == 64;
    if (!whole || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    return ObjectId(text);
  }

  const std::string& hex() const { return hex_; }
  std::string short_hex() const { return hex_.substr(0, 7); }
  // "No object": what Git says in the place of one that does not exist yet or any more.
  ObjectId zero() const { return ObjectId(std::string(hex_.size(), '0')); }
  bool is_zero() const { return hex_.find_first_not_of('0') == std::string::npos; }

  auto operator<=>(const ObjectId&) const = default;

 private:
  explicit ObjectId(std::string_view text) : hex_(text) {}

  std::string hex_;
};

}  // namespace livefix::releases
