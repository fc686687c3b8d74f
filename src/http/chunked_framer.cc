#include "http/chunked_framer.h"

#include <limits>

#include "http/characters.h"

namespace livefix::http {
namespace {

constexpr std::uint64_t kMaxChunk = std::numeric_limits<std::int64_t>::max();
constexpr int kMaxDigits = 16;

// Fields that a recipient might merge into the head: then it would read the message differently,
// or take another client for the real one than X-Forwarded-For in the head says.
bool is_forbidden_trailer(std::string_view lowercase_name) {
  return lowercase_name == "content-length" || lowercase_name == "transfer-encoding" ||
         lowercase_name == "host" || lowercase_name == "connection" ||
         lowercase_name == "upgrade" || lowercase_name == "forwarded" ||
         lowercase_name.starts_with("x-forwarded-");
}

}  // namespace

ChunkedFramer::State ChunkedFramer::begin_trailer(char c) {
  if (c == '\r') return State::end_lf;
  name_size_ = 0;
  return in_trailer_name(c);
}

ChunkedFramer::State ChunkedFramer::in_trailer_name(char c) {
  if (c == ':' && name_size_ > 0) {
    return is_forbidden_trailer({name_.data(), name_size_}) ? State::malformed
                                                            : State::trailer_value;
  }
  if (!is_token_character(c)) return State::malformed;
  // A longer name is none of those that are forbidden whole; the last place then only marks that.
  // CGI and its kin know no difference between `-` and `_`.
  name_[name_size_] = c == '_' ? '-' : lower(c);
  if (name_size_ < name_.size() - 1) ++name_size_;
  return State::trailer_name;
}

ChunkedFramer::State ChunkedFramer::step(char c) {
  switch (state_) {
    case State::size:
    case State::size_or_end: {
      const int digit = hexadecimal_value(c);
      if (digit >= 0) {
        if (digits_ == kMaxDigits) return State::malformed;
        ++digits_;
        if (remaining_ > (kMaxChunk >> 4)) return State::malformed;
        remaining_ = (remaining_ << 4) | static_cast<std::uint64_t>(digit);
        return State::size_or_end;
      }
      if (state_ == State::size) return State::malformed;
      if (c == ';') return State::extension;
      return c == '\r' ? State::size_lf : State::malformed;
    }
    case State::extension:
      if (c == '\r') return State::size_lf;
      if (is_control(c) || ++extension_bytes_ > kMaxExtensionBytes) return State::malformed;
      return State::extension;
    case State::size_lf:
      if (c != '\n') return State::malformed;
      digits_ = 0;
      return remaining_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf:
      return c == '\n' ? State::size : State::malformed;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      if (++trailer_bytes_ > kMaxTrailerBytes) return State::malformed;
      if (state_ == State::trailer_start) return begin_trailer(c);
      if (state_ == State::trailer_name) return in_trailer_name(c);
      if (c == '\r') return State::trailer_lf;
      return is_control(c) ? State::malformed : State::trailer_value;
    case State::trailer_lf:
      return c == '\n' ? State::trailer_start : State::malformed;
    case State::end_lf:
      return c == '\n' ? State::done : State::malformed;
    case State::data:
    case State::done:
    case State::malformed:
      return State::malformed;
  }
  return State::malformed;
}

}  // namespace livefix::http
