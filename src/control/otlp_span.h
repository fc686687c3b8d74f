// Spans as a collector takes them: OTLP 1.x in JSON (opentelemetry-proto, "JSON Protobuf
// Encoding"): ids are hexadecimal, numbers of 64 bits are texts, kinds and codes are numbers.
// Values and their encoding; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace livefix::control {

using SpanTime = std::chrono::sys_time<std::chrono::nanoseconds>;

struct SpanAttribute {
  std::string key;
  std::variant<std::string, std::int64_t, std::vector<std::string>> value;  // texts: UTF-8
};

struct SpanEvent {
  SpanTime time;
  std::string name;
};

enum class SpanKind : std::uint8_t { internal = 1, server = 2 };

struct TraceSpan {
  std::string trace_id{};   // 32 hexadecimal digits in lower case
  std::string span_id{};    // 16
  std::string parent_id{};  // 16; empty: the trace begins with it
  std::string name{};
  SpanKind kind = SpanKind::internal;
  SpanTime begin{};
  SpanTime end{};
  std::vector<SpanAttribute> attributes{};
  std::vector<SpanEvent> events{};
  bool is_error = false;
  std::string error{};  // why, where it is one
};

// The body of a request to /v1/traces. `resource`: what livefix says of itself.
std::string otlp_traces(std::span<const SpanAttribute> resource, std::span<const TraceSpan> spans);

// Of a collector's answer of 200: how many spans it did not take, and why.
struct PartialSuccess {
  std::int64_t rejected = 0;
  std::string message;
};
PartialSuccess partial_success(std::string_view answer);

}  // namespace livefix::control
