#include "http/response_scanner.h"

#include "http/field_scanner.h"
#include "http/message_framing.h"

namespace livefix::http {
namespace {

ScanOutcome scan_status_line(std::string_view input, ResponseHead& head) {
  constexpr std::string_view kPrefix = "HTTP/1.";
  std::size_t at = 0;
  for (const char expected : kPrefix) {
    if (at == input.size()) return NeedsMore{};
    if (input[at++] != expected) return Refusal{502, "the answer does not begin with HTTP/1"};
  }
  if (input.size() - at < 5) return NeedsMore{};
  if ((input[at] != '0' && input[at] != '1') || input[at + 1] != ' ') {
    return Refusal{502, "the answer has an unknown HTTP version"};
  }
  head.version = input[at] == '1' ? Version::http11 : Version::http10;
  const std::string_view code = input.substr(at + 2, 3);
  if (code[0] < '1' || code[0] > '9' || !is_digit(code[1]) || !is_digit(code[2])) {
    return Refusal{502, "the answer has a malformed status"};
  }
  head.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  at += 5;
  if (at == input.size()) return NeedsMore{};
  head.reason = {};
  // "HTTP/1.1 200" without the space is common enough and means only one thing.
  if (input[at] == ' ') {
    const std::size_t reason = ++at;
    at = find_control(input, reason);
    if (at == input.size()) return NeedsMore{};
    head.reason = input.substr(reason, at - reason);
  }
  return scan_line_end(input, at);
}

// "timeout=5, max=100" in seconds.
std::optional<std::uint32_t> keep_alive_timeout(std::string_view value) {
  constexpr std::string_view kName = "timeout=";
  std::optional<std::uint32_t> seconds;
  for_each_element(value, [&](std::string_view parameter) {
    if (!equals_lowercase(parameter.substr(0, kName.size()), kName)) return true;
    std::uint32_t number = 0;
    for (const char c : parameter.substr(kName.size())) {
      if (!is_digit(c) || number > 1'000'000) return true;
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    seconds = number;
    return true;
  });
  return seconds;
}

std::optional<Refusal> derive(ResponseHead& head) {
  head.connection = {};
  head.keep_alive_seconds.reset();
  head.upgrade = {};
  MessageFraming framing;
  std::optional<Refusal> refusal;
  for (const Field& field : head.fields) {
    switch (field.id) {
      case FieldId::connection:
        if (!head.connection.add(field.value)) refusal = Refusal{502, "Connection is malformed"};
        break;
      case FieldId::content_length:
        refusal = framing.add_content_length(field.value);
        break;
      case FieldId::transfer_encoding:
        refusal = framing.add_transfer_encoding(field.value);
        break;
      case FieldId::keep_alive:
        head.keep_alive_seconds = keep_alive_timeout(field.value);
        break;
      case FieldId::upgrade:
        head.upgrade = field.value;
        break;
      default:
        break;
    }
    if (refusal) return refusal;
  }
  if ((refusal = framing.check(head.version))) return refusal;

  head.content_length = framing.content_length();
  head.body = CloseBody{};
  if (framing.chunked()) head.body = ChunkedBody{};
  if (head.content_length) head.body = LengthBody{*head.content_length};
  head.keep_alive = persists(head.connection, head.version);
  return std::nullopt;
}

ScanOutcome scan(std::string_view input, ResponseHead& head) {
  auto outcome = scan_status_line(input, head);
  if (const auto* line = std::get_if<Complete>(&outcome)) {
    outcome = scan_fields(input, line->size, head.fields);
  }
  if (std::holds_alternative<Complete>(outcome)) {
    if (const auto refusal = derive(head)) return *refusal;
  }
  return outcome;
}

}  // namespace

ScanOutcome scan_response(std::string_view input, ResponseHead& head) {
  auto outcome = scan(input.substr(0, kMaxHeadBytes), head);
  if (std::holds_alternative<NeedsMore>(outcome) && input.size() >= kMaxHeadBytes) {
    return Refusal{502, "the head of the answer is too large"};
  }
  if (auto* refusal = std::get_if<Refusal>(&outcome)) refusal->status = 502;
  return outcome;
}

}  // namespace livefix::http
