#include "http/request_id.h"

#include <algorithm>

#include "http/characters.h"

namespace livefix::http {
namespace {

constexpr CharacterTable kIdTable = make_table("-._~:/+=@", true);

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): each bit of the input changes half of the
// output's, and no two inputs give the same.
constexpr std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58'476d'1ce4'e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d0'49bb'1331'11eb;
  return bits ^ (bits >> 31);
}

void write_hexadecimal(std::uint64_t bits, char* out) {
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(bits >> shift) & 0xf];
}

}  // namespace

bool is_acceptable_request_id(std::string_view value) {
  if (value.empty() || value.size() > kMaxRequestIdBytes) return false;
  return std::ranges::all_of(value, [](char c) { return kIdTable[static_cast<unsigned char>(c)]; });
}

RequestId::RequestId(std::uint64_t high, std::uint64_t low) {
  write_hexadecimal(high, digits_.data());
  write_hexadecimal(low, digits_.data() + 16);
}

RequestId RequestIdSource::next() {
  return {mix(high_++), mix(low_++)};
}

}  // namespace livefix::http
