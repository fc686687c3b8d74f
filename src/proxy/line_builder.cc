#include "proxy/line_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"

namespace livefix::proxy {
namespace {

constexpr std::string_view kMark = "...";
constexpr std::string_view kDigits = "0123456789ABCDEF";

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (unsigned c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

bool is_plain(char c) {
  return kPlain[static_cast<unsigned char>(c)];
}

// Of eight bytes at once: which, if any, are none of the plain ones is for who looks again.
bool all_plain(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  const auto has = [word](std::uint64_t byte) {
    const std::uint64_t zeros = word ^ (kOnes * byte);
    return (zeros - kOnes) & ~zeros;
  };
  const std::uint64_t below_blank = (word - kOnes * 0x20) & ~word;
  return ((below_blank | word | has('"') | has('\\') | has(0x7f)) & kHigh) == 0;
}

const char* find_special(const char* from, const char* end) {
  while (end - from >= 8 && all_plain(from)) from += 8;
  return std::find_if_not(from, end, is_plain);
}

// One character: how many bytes it has, and what is written for it.
struct Piece {
  std::size_t taken = 1;
  std::size_t size = 0;
  std::array<char, 8> text{};

  void add(std::string_view more) {
    std::ranges::copy(more, text.begin() + static_cast<std::ptrdiff_t>(size));
    size += more.size();
  }
  void add_hex(unsigned value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      text[size++] = kDigits[(value >> shift) & 15];
    }
  }
};

// Terminals take C1 controls for commands, and readers in some languages take these and U+2028 for
// the end of a line.
bool is_unsafe(std::uint32_t value) {
  return value < 0xa0 || value == 0x2028 || value == 0x2029;
}

Piece escape_for_json(std::string_view text) {
  Piece piece;
  const char c = text.front();
  if (static_cast<unsigned char>(c) < 0x80) {
    if (c == '"' || c == '\\') {
      piece.add("\\");
      piece.add({&c, 1});
      return piece;
    }
    piece.add("\\u");
    piece.add_hex(static_cast<unsigned char>(c), 4);
    return piece;
  }
  const CodePoint point = decode_utf8(text);
  piece.taken = std::max<std::size_t>(point.size, 1);
  if (point.size == 0) {
    piece.add("\\ufffd");
  } else if (is_unsafe(point.value)) {
    piece.add("\\u");
    piece.add_hex(point.value, 4);
  } else {
    piece.add(text.substr(0, point.size));
  }
  return piece;
}

Piece escape_as_hex(std::string_view text) {
  Piece piece;
  piece.add("\\x");
  piece.add_hex(static_cast<unsigned char>(text.front()), 2);
  return piece;
}

}  // namespace

void LineBuilder::add_number(std::uint64_t number) {
  const fmt::format_int digits(number);
  add({digits.data(), digits.size()});
}

void LineBuilder::add_thousandths(std::uint64_t thousandths) {
  add_number(thousandths / 1000);
  const auto rest = static_cast<unsigned>(thousandths % 1000);
  const std::array<char, 4> fraction = {'.', kDigits[rest / 100], kDigits[rest / 10 % 10],
                                        kDigits[rest % 10]};
  add({fraction.data(), fraction.size()});
}

void LineBuilder::add_escaped(std::string_view text, std::size_t share, Escaping escaping) {
  char* const last = at_ + std::min(share, static_cast<std::size_t>(end_ - at_));
  char* const latest = std::max(at_, last - std::min<std::ptrdiff_t>(kMark.size(), last - at_));
  char* mark = at_;  // the end of the last character behind which "..." has room
  while (!text.empty()) {
    const auto room = static_cast<std::size_t>(last - at_);
    const char* const stop = text.data() + std::min(text.size(), room);
    const char* const special = find_special(text.data(), stop);
    if (const auto run = static_cast<std::size_t>(special - text.data()); run > 0) {
      std::memcpy(at_, text.data(), run);
      if (at_ <= latest) mark = std::min(at_ + run, latest);
      at_ += run;
      text.remove_prefix(run);
      if (text.empty()) return;
    }
    const Piece piece = escaping == Escaping::json ? escape_for_json(text) : escape_as_hex(text);
    if (is_plain(text.front()) || piece.size > static_cast<std::size_t>(last - at_)) {
      at_ = mark;
      return add(kMark.substr(0, static_cast<std::size_t>(last - at_)));
    }
    std::memcpy(at_, piece.text.data(), piece.size);
    at_ += piece.size;
    text.remove_prefix(piece.taken);
    if (at_ <= latest) mark = at_;
  }
}

}  // namespace livefix::proxy
