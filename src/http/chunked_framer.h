// Finds the end of a chunked body (RFC 9112 section 7.1) in bytes that arrive in pieces. The
// bytes are checked, not changed: they are passed on as they came, trailers included.
//
//   size -> [extension] -> size LF -> data -> data CR -> data LF -> size ...
//     \_ last one -> trailer start -> name -> value -> trailer LF -> trailer start ... -> end
//
// Strict: CRLF ends every line, a size is at most 16 hexadecimal digits and fits into 63 bits,
// extensions and trailers are bounded over the whole body and without control bytes, and a
// trailer must not be a field that frames, routes or says where the request comes from.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "http/body_progress.h"

namespace livefix::http {

class ChunkedFramer {
 public:
  static constexpr std::uint32_t kMaxExtensionBytes = 16 * 1024;
  static constexpr std::uint32_t kMaxTrailerBytes = 16 * 1024;

  // After `done` or `malformed` nothing more may be given. Calls `data(view)` for each run of
  // payload in `input`, in order, and `trailer(char)` for the bytes of the trailer section with
  // the empty line behind it.
  template <class Data, class Trailer>
  BodyProgress advance(std::string_view input, Data&& data, Trailer&& trailer);
  BodyProgress advance(std::string_view input) {
    return advance(input, [](std::string_view) {}, [](char) {});
  }
  // The next byte begins a chunk, or the end of the body.
  bool is_between_chunks() const { return state_ == State::size && digits_ == 0; }

 private:
  enum class State : std::uint8_t {
    size,
    size_or_end,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    malformed,
  };

  // One byte of anything but data.
  State step(char c);
  bool in_trailers() const { return state_ >= State::trailer_start && state_ <= State::end_lf; }
  State begin_trailer(char c);
  State in_trailer_name(char c);

  State state_ = State::size;
  std::uint8_t digits_ = 0;
  std::uint8_t name_size_ = 0;  // of the trailer, as far as it fits into name_
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint64_t remaining_ = 0;  // of the chunk
  std::array<char, 20> name_{};
};

template <class Data, class Trailer>
BodyProgress ChunkedFramer::advance(std::string_view input, Data&& data, Trailer&& trailer) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      const std::string_view run = input.substr(
          at, remaining_ < input.size() ? static_cast<std::size_t>(remaining_) : input.size());
      data(run);
      at += run.size();
      remaining_ -= run.size();
      if (remaining_ == 0) state_ = State::data_cr;
      continue;
    }
    if (in_trailers()) trailer(input[at]);
    state_ = step(input[at++]);
    if (state_ == State::malformed) return {at, BodyState::malformed};
  }
  return {at, state_ == State::done ? BodyState::done : BodyState::more};
}

}  // namespace livefix::http
