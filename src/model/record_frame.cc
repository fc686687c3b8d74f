#include "model/record_frame.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace livefix {
namespace {

// Both ends are the same binary.
struct Fixed {
  std::int64_t time;
  std::int64_t took;
  std::uint64_t request_bytes;
  std::uint64_t answer_bytes;
  std::uint32_t release_size;
  std::uint32_t detail_size;
  std::uint32_t request_size;
  std::uint32_t answer_size;
  std::uint32_t generation;
  std::uint16_t service_index;
  std::uint16_t status;
  std::uint8_t cause;
  std::uint8_t flags;
  std::uint16_t counted_status;
  std::uint16_t route_size;
  std::uint16_t line_size;
};
static_assert(sizeof(Fixed) == sizeof(RecordFrameFixed) && std::is_trivially_copyable_v<Fixed>);

constexpr std::uint8_t kRequestCut = 1;
constexpr std::uint8_t kAnswerCut = 2;
constexpr std::uint8_t kUnfinished = 4;
constexpr std::uint8_t kJoined = 8;
constexpr std::uint8_t kMirrored = 16;
constexpr std::uint8_t kTraceBegins = 32;

constexpr std::size_t kLongestNote = 4'096;  // of a route, or a line

constexpr std::int64_t kLongest = 1'000'000'000'000;       // eleven days
constexpr std::int64_t kLastTime = 4'000'000'000'000'000;  // in 2096

constexpr std::uint8_t flag(bool is_set, std::uint8_t value) {
  return is_set ? value : std::uint8_t{0};
}

std::uint32_t size_of(std::string_view text) {
  return static_cast<std::uint32_t>(text.size());
}

}  // namespace

std::string_view name_of(RecordCause cause) {
  switch (cause) {
    case RecordCause::healthy:
      return "healthy";
    case RecordCause::status:
      return "status";
    case RecordCause::backend_closed:
      return "backend_closed";
    case RecordCause::not_http:
      return "not_http";
    case RecordCause::timed_out:
      return "timed_out";
    case RecordCause::broken_off:
      return "broken_off";
    case RecordCause::grpc:
      return "grpc";
  }
  return "";
}

std::array<std::string_view, 7> encode_record(const RecordFrame& frame, RecordFrameFixed& fixed) {
  const auto route = frame.route.substr(0, kLongestNote);
  const auto line = frame.line.substr(0, kLongestNote);
  const Fixed raw{
      .time = frame.time.count(),
      .took = frame.took.count(),
      .request_bytes = frame.request_bytes,
      .answer_bytes = frame.answer_bytes,
      .release_size = size_of(frame.release),
      .detail_size = size_of(frame.detail),
      .request_size = size_of(frame.request),
      .answer_size = size_of(frame.answer),
      .generation = number(frame.generation),
      .service_index = frame.service_index,
      .status = frame.status,
      .cause = static_cast<std::uint8_t>(frame.cause),
      .flags = static_cast<std::uint8_t>(
          flag(frame.request_cut, kRequestCut) | flag(frame.answer_cut, kAnswerCut) |
          flag(frame.unfinished, kUnfinished) | flag(frame.joined, kJoined) |
          flag(frame.mirrored, kMirrored) | flag(frame.trace_begins, kTraceBegins)),
      .counted_status = frame.counted_status,
      .route_size = static_cast<std::uint16_t>(route.size()),
      .line_size = static_cast<std::uint16_t>(line.size()),
  };
  std::memcpy(fixed.bytes.data(), &raw, sizeof raw);
  return {std::string_view(fixed.bytes.data(), fixed.bytes.size()),
          frame.release,
          frame.detail,
          route,
          line,
          frame.request,
          frame.answer};
}

std::size_t encoded_size(const RecordFrame& frame) {
  return sizeof(Fixed) + frame.release.size() + frame.detail.size() +
         std::min(frame.route.size(), kLongestNote) + std::min(frame.line.size(), kLongestNote) +
         frame.request.size() + frame.answer.size();
}

std::optional<RecordFrame> decode_record(std::string_view bytes) {
  Fixed raw{};
  if (bytes.size() < sizeof raw) return std::nullopt;
  std::memcpy(&raw, bytes.data(), sizeof raw);
  bytes.remove_prefix(sizeof raw);
  const std::uint64_t size = std::uint64_t{raw.release_size} + raw.detail_size + raw.route_size +
                             raw.line_size + raw.request_size + raw.answer_size;
  if (size != bytes.size() || raw.cause >= kRecordCauses.size()) return std::nullopt;
  const auto take = [&bytes](std::uint32_t count) {
    const auto piece = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return piece;
  };
  RecordFrame frame;
  // So that whoever reckons with them gets no nonsense, nor more than a number holds.
  frame.time = std::chrono::microseconds(std::clamp<std::int64_t>(raw.time, 0, kLastTime));
  frame.took = std::chrono::microseconds(std::clamp<std::int64_t>(raw.took, 0, kLongest));
  frame.request_bytes = raw.request_bytes;
  frame.answer_bytes = raw.answer_bytes;
  frame.generation = UnitId{raw.generation};
  frame.service_index = raw.service_index;
  frame.status = raw.status;
  frame.cause = kRecordCauses[raw.cause];
  frame.request_cut = (raw.flags & kRequestCut) != 0;
  frame.answer_cut = (raw.flags & kAnswerCut) != 0;
  frame.unfinished = (raw.flags & kUnfinished) != 0;
  frame.joined = (raw.flags & kJoined) != 0;
  frame.mirrored = (raw.flags & kMirrored) != 0;
  frame.trace_begins = (raw.flags & kTraceBegins) != 0;
  frame.counted_status = raw.counted_status;
  frame.release = take(raw.release_size);
  frame.detail = take(raw.detail_size);
  frame.route = take(raw.route_size);
  frame.line = take(raw.line_size);
  frame.request = take(raw.request_size);
  frame.answer = take(raw.answer_size);
  return frame;
}

}  // namespace livefix
