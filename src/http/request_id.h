// The id of a request, by which its traces in the logs of several programs are found again
// (X-Request-Id): whether one that came along is taken, and new ones.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace livefix::http {

inline constexpr std::size_t kMaxRequestIdBytes = 128;

// 1 to 128 of A-Z a-z 0-9 and - . _ ~ : / + = @. That takes UUIDs, ULIDs, base64 and trace ids, and
// nothing that ends a word or a string in a log line, a shell or JSON: no blank, quote, comma,
// semicolon, backslash, bracket, percent, nor anything beyond ASCII.
bool is_acceptable_request_id(std::string_view value);

// 128 bits as 32 hexadecimal digits in lower case. Not a UUID: as it is, it is the trace-id of a
// `traceparent` (W3C Trace Context), a double click selects it whole, and all its bits are
// different from one id to the next, so that the first eight tell requests apart and samplers may
// look at any of them. UUIDv7 would add the time, which the log line has, and the reading of a
// clock.
class RequestId {
 public:
  RequestId(std::uint64_t high, std::uint64_t low);

  std::string_view view() const { return {digits_.data(), digits_.size()}; }

  friend bool operator==(const RequestId&, const RequestId&) = default;

 private:
  std::array<char, 32> digits_;
};

// Makes ids without a system call or a lock; one for each thread. Unique, not secret: who has one
// can compute the next.
//
// A counter of 64 bits is added to each half of the seed, and each half is mixed by a bijection. So
// an id comes again after 2^64; two sources, of other threads or before a restart, meet only when
// their seeds differ by the same number in both halves, which is a chance of 2^-64, and that number
// is smaller than the count of ids.
class RequestIdSource {
 public:
  using Seed = std::array<std::uint64_t, 2>;

  // `seed` has to be random: os::random_seed().
  explicit RequestIdSource(const Seed& seed) : high_(seed[0]), low_(seed[1]) {}
  RequestIdSource(const RequestIdSource&) = delete;  // a copy would make the same ids
  RequestIdSource& operator=(const RequestIdSource&) = delete;

  RequestId next();

 private:
  std::uint64_t high_;
  std::uint64_t low_;
};

}  // namespace livefix::http
