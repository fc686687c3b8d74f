// The route of a path: what requests have in common that ask for the same thing of another kind of
// it. /cart/17/items?page=2 -> /cart/:id/items. For counting, so it is made on the way of each
// request: one pass, no allocation. Safe on any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace livefix::http {

// No id, by what it looks like: a word. An id is made of digits and - . _ alone, or is a UUID, or
// is hexadecimal and has eight characters or more and a digit among them, or is twenty characters
// or more with four digits, or has a byte that no word has (percent, @, =, beyond ASCII).
bool looks_like_id(std::string_view segment);

class RoutePattern {
 public:
  static constexpr std::size_t kMaxBytes = 96;     // then `...`
  static constexpr std::size_t kMaxSegments = 10;  // then `/...`

  // Of a request's target. The query does not count; an absolute target is taken by its path.
  // What is no path (`*`, and the target of CONNECT) is a route as it is.
  //
  // `is_crowded` is asked with the hash() that a pattern up to and without a segment has, before a
  // segment that looks like a word: there are so many different ones at this place that it must be
  // a name (/user/anna). It stands as :name.
  template <class IsCrowded>
  void assign(std::string_view target, IsCrowded&& is_crowded);
  void assign(std::string_view target) {
    assign(target, [](std::uint64_t) { return false; });
  }

  // One that somebody has written down.
  void set(std::string_view text);
  // What of a target is looked at.
  static std::string_view path_of(std::string_view target);

  // Of printable ASCII without blank, quote or backslash; never empty after assign().
  std::string_view text() const { return {text_.data(), size_}; }
  // Of the text; no two that are likely to meet have the same.
  std::uint64_t hash() const { return hash_; }

 private:
  void append(std::string_view piece);
  void clear();

  std::array<char, kMaxBytes + 4> text_;
  std::uint8_t size_ = 0;
  bool full_ = false;
  std::uint64_t hash_ = 0;
};

template <class IsCrowded>
void RoutePattern::assign(std::string_view target, IsCrowded&& is_crowded) {
  clear();
  std::string_view path = path_of(target);
  if (!path.starts_with('/')) return append(path.empty() ? "/" : looks_like_id(path) ? "*" : path);
  for (std::size_t segments = 0; !path.empty() && !full_; ++segments) {
    path.remove_prefix(1);
    append("/");
    if (segments == kMaxSegments) return append("...");
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment.empty()) continue;
    if (looks_like_id(segment)) {
      append(":id");
    } else if (is_crowded(hash_)) {
      append(":name");
    } else {
      append(segment);
    }
  }
}

}  // namespace livefix::http
