// CRC-32C (Castagnoli; RFC 3385), a byte at a time from a table of 1 KiB that the compiler makes:
// what it is for has some 100 bytes and comes once a connection, so SSE 4.2 would gain nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace livefix::http {

constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
  constexpr std::uint32_t kReversedPolynomial = 0x82f6'3b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1) ^ ((rest & 1) != 0 ? kReversedPolynomial : 0);
    }
    table[byte] = rest;
  }
  return table;
}

inline constexpr std::array<std::uint32_t, 256> kCrc32cTable = make_crc32c_table();

class Crc32c {
 public:
  // The next bytes of the message.
  constexpr void add(std::string_view bytes) {
    for (const char byte : bytes) {
      state_ = (state_ >> 8) ^ kCrc32cTable[(state_ ^ static_cast<unsigned char>(byte)) & 0xff];
    }
  }
  // Of all bytes so far.
  constexpr std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xffff'ffff;
};

}  // namespace livefix::http
