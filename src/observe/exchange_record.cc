#include "observe/exchange_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/body_framer.h"
#include "http/characters.h"
#include "http/route_pattern.h"
#include "http/trace_context.h"

namespace livefix::observe {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find(kLineEnd));
  text.remove_prefix(std::min(line.size() + kLineEnd.size(), text.size()));
  return line;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && http::is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && http::is_blank(text.back())) text.remove_suffix(1);
  return text;
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
};

RequestLine parse_request_line(std::string_view line) {
  const auto method = line.substr(0, line.find(' '));
  const auto rest = line.substr(std::min(method.size() + 1, line.size()));
  return {method, rest.substr(0, rest.find(' '))};
}

bool is_chunked(const RecordedMessage& message) {
  constexpr std::string_view kChunked = "chunked";
  const auto coding = without_blanks(message.field("transfer-encoding"));
  return coding.size() >= kChunked.size() &&
         http::equals_lowercase(coding.substr(coding.size() - kChunked.size()), kChunked);
}

std::optional<std::uint64_t> length_of(const RecordedMessage& message) {
  const auto text = message.field("content-length");
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc{} || text.empty()) return std::nullopt;
  return length;
}

void take_chunks_off(std::string& body) {
  http::BodyFramer framer{http::Body(http::ChunkedBody{})};
  std::size_t payload = 0;
  framer.advance_unchunked(body.data(), body.size(), payload);
  body.resize(payload);
}

RecordedMessage parse_message(std::string_view bytes, std::uint64_t seen, bool cut) {
  RecordedMessage message;
  message.bytes = seen;
  message.cut = cut;
  message.first_line = take_line(bytes);
  while (!bytes.empty()) {
    const auto line = take_line(bytes);
    if (line.empty()) break;
    const auto name = line.substr(0, line.find(':'));
    const auto value = line.substr(std::min(name.size() + 1, line.size()));
    message.fields.push_back({std::string(name), std::string(without_blanks(value))});
  }
  message.body = bytes;
  if (is_chunked(message)) {
    take_chunks_off(message.body);
  } else if (const auto length = length_of(message); length && *length < message.body.size()) {
    message.body.resize(static_cast<std::size_t>(*length));  // nonsense may follow
  }
  return message;
}

// As it was counted: the proxy knows which routes the service lists, and where names are. Of what
// it says nothing is believed but that it is a text.
std::string route_of(const RecordFrame& frame, std::string_view target) {
  constexpr std::size_t kLongestRoute = http::RoutePattern::kMaxBytes + 4;
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (!frame.route.empty() && frame.route.size() <= kLongestRoute &&
      std::ranges::all_of(frame.route, is_plain)) {
    return std::string(frame.route);
  }
  http::RoutePattern route;
  route.assign(target);
  return std::string(route.text());
}

// The first one that is valid, of the lines of a head.
std::string_view traceparent_in(std::string_view fields) {
  constexpr std::string_view kName = "traceparent";
  while (!fields.empty()) {
    const auto line = take_line(fields);
    if (line.empty()) break;
    if (line.size() <= kName.size() || line[kName.size()] != ':' ||
        !http::equals_lowercase(line.substr(0, kName.size()), kName)) {
      continue;
    }
    const auto value = without_blanks(line.substr(kName.size() + 1));
    if (http::parse_traceparent(value)) return value;
  }
  return {};
}

}  // namespace

std::string_view field_of(const std::vector<RecordedField>& fields, std::string_view name) {
  const auto found = std::ranges::find_if(fields, [name](const RecordedField& field) {
    return http::equals_lowercase(field.name, name);
  });
  return found == fields.end() ? std::string_view() : std::string_view(found->value);
}

ExchangeRecord parse_exchange_briefly(std::uint64_t id, const RecordFrame& frame) {
  using SystemTime = std::chrono::system_clock::time_point;
  ExchangeRecord record;
  record.id = id;
  record.time = SystemTime(std::chrono::duration_cast<SystemTime::duration>(frame.time));
  record.took = frame.took;
  record.service_index = frame.service_index;
  record.generation = frame.generation;
  record.release = frame.release;
  record.cause = frame.cause;
  record.status = frame.status;
  record.counted_status = frame.counted_status != 0 ? frame.counted_status : frame.status;
  record.detail = frame.detail;
  record.unfinished = frame.unfinished;
  auto rest = frame.request;
  const auto line = parse_request_line(take_line(rest));
  record.method = line.method;
  record.target = line.target;
  record.route = route_of(frame, line.target);
  record.traceparent = traceparent_in(rest);
  record.trace_begins = frame.trace_begins;
  record.joined = frame.joined;
  record.line = frame.line;
  return record;
}

ExchangeRecord parse_exchange(std::uint64_t id, const RecordFrame& frame) {
  ExchangeRecord record = parse_exchange_briefly(id, frame);
  record.request = parse_message(frame.request, frame.request_bytes, frame.request_cut);
  record.answer = parse_message(frame.answer, frame.answer_bytes, frame.answer_cut);
  return record;
}

std::string kind_of(const RecordFrame& frame) {
  auto rest = frame.request;
  const auto line = parse_request_line(take_line(rest));
  return fmt::format("{} {} {} {}", line.method.substr(0, 16), route_of(frame, line.target),
                     name_of(frame.cause), frame.status);
}

}  // namespace livefix::observe
