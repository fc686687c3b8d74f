// Finds the end of a body of any framing in bytes that arrive in pieces.
#pragma once

#include <string_view>
#include <variant>

#include "http/chunked_framer.h"
#include "http/head.h"

namespace livefix::http {

class BodyFramer {
 public:
  BodyFramer() = default;  // no body: done
  explicit BodyFramer(const Body& body);

  // How much of `input` belongs to the body. What is left over is the next message, or nonsense.
  // Nothing belongs to a body that is done.
  BodyProgress advance(std::string_view input);
  // As advance, and brings the payload of a chunked body together at the start of `bytes`, for a
  // peer that does not know chunks; `payload` is its size. Other bodies are payload already.
  BodyProgress advance_unchunked(char* bytes, std::size_t size, std::size_t& payload);
  // As advance, and calls `data` and `trailer` as ChunkedFramer does.
  template <class Data, class Trailer>
  BodyProgress advance(std::string_view input, Data&& data, Trailer&& trailer);

  bool done() const { return done_; }
  // It is chunked, and somebody else could say how it ends.
  bool is_between_chunks() const {
    const auto* chunked = std::get_if<ChunkedFramer>(&state_);
    return chunked && !done_ && chunked->is_between_chunks();
  }
  bool ends_with_connection() const { return std::holds_alternative<UntilClose>(state_); }
  // Bytes that are certain to come; 0 where that is not known.
  std::uint64_t remaining() const;

 private:
  struct Nothing {};
  struct Length {
    std::uint64_t remaining;
  };
  struct UntilClose {};

  BodyProgress settle(BodyProgress progress);

  std::variant<Nothing, Length, ChunkedFramer, UntilClose> state_;
  bool done_ = true;
};

template <class Data, class Trailer>
BodyProgress BodyFramer::advance(std::string_view input, Data&& data, Trailer&& trailer) {
  auto* chunked = std::get_if<ChunkedFramer>(&state_);
  if (chunked && !done_) return settle(chunked->advance(input, data, trailer));
  const auto progress = advance(input);
  if (progress.bytes > 0) data(input.substr(0, progress.bytes));
  return progress;
}

}  // namespace livefix::http
