// Puts a line of a log together in memory of a fixed size, without ever going beyond it. Text that
// strangers have sent is escaped on the way.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace livefix::proxy {

enum class Escaping : std::uint8_t {
  json,  // as in a JSON string; what is no UTF-8 becomes U+FFFD
  hex,   // \xHH for all but printable ASCII, and for quotes and backslashes, as nginx does
};

class LineBuilder {
 public:
  explicit LineBuilder(std::span<char> memory)
      : begin_(memory.data()), at_(begin_), end_(begin_ + memory.size()) {}

  // What has no room is left out. Inline: most of a line is names and quotes.
  void add(std::string_view plain) {
    const std::size_t size = plain.size() <= static_cast<std::size_t>(end_ - at_)
                                 ? plain.size()
                                 : static_cast<std::size_t>(end_ - at_);
    std::memcpy(at_, plain.data(), size);
    at_ += size;
  }
  void add_number(std::uint64_t number);
  // With three digits behind the point.
  void add_thousandths(std::uint64_t thousandths);
  // At most `share` bytes; a longer text is cut, not inside of a character, and ends in "...".
  void add_escaped(std::string_view text, std::size_t share, Escaping escaping);

  std::string_view view() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* const begin_;
  char* at_;
  char* const end_;
};

}  // namespace livefix::proxy
