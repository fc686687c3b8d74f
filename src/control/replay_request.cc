#include "control/replay_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "http/characters.h"
#include "http/grpc.h"

namespace livefix::control {
namespace {

using observe::ExchangeRecord;
using observe::RecordedField;

constexpr std::array<std::string_view, 3> kSafeMethods{"GET", "HEAD", "OPTIONS"};

// Of one connection, or of one transfer of the body.
constexpr std::array<std::string_view, 11> kMadeAnew{
    "connection", "content-length",    "expect",           "http2-settings",
    "keep-alive", "livefix-replay",    "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade"};

constexpr std::array kMethods{http::Method::get,     http::Method::head,  http::Method::post,
                              http::Method::put,     http::Method::del,   http::Method::patch,
                              http::Method::options, http::Method::trace, http::Method::connect};

http::Method method_of(std::string_view name) {
  const auto found =
      std::ranges::find(kMethods, name, [](http::Method method) { return http::name_of(method); });
  return found == kMethods.end() ? http::Method::other : *found;
}

bool has_control(std::string_view text) {
  return http::find_control(text, 0) < text.size();
}

// It came through a process that may have been taken over: what is no request is sent to nobody.
bool is_well_formed(const ExchangeRecord& record) {
  const bool has_place = record.target.starts_with('/') || record.target == "*";
  const bool fits = std::ranges::all_of(
      record.target, [](char c) { return c != ' ' && c != '\t' && !http::is_control(c); });
  return http::is_token(record.method) && has_place && fits &&
         std::ranges::all_of(record.request.fields, [](const RecordedField& field) {
           return http::is_token(field.name) && !has_control(field.value);
         });
}

// Its client left before all of it was there.
bool came_short(const observe::RecordedMessage& request) {
  const auto text = request.field("content-length");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length > request.body.size();
}

// Names that the sender has called its connection's own.
bool is_named(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(','));
    if (http::equals_ignoring_case(http::trim_blanks(one), name)) return true;
    list.remove_prefix(std::min(one.size() + 1, list.size()));
  }
  return false;
}

bool is_made_anew(const ExchangeRecord& record, std::string_view name) {
  return std::ranges::any_of(
             kMadeAnew,
             [name](std::string_view own) { return http::equals_lowercase(name, own); }) ||
         is_named(record.request.field("connection"), name);
}

}  // namespace

bool is_replayed(std::string_view method, const ReplaySpec& spec) {
  return std::ranges::find(kSafeMethods, method) != kSafeMethods.end() ||
         std::ranges::find(spec.methods, method) != spec.methods.end();
}

std::string_view unfit_for_replay(const ExchangeRecord& record, BackendProtocol backend) {
  const observe::RecordedMessage& request = record.request;
  if (backend == BackendProtocol::http2 ||
      http::is_grpc_type(record.request.field("content-type"))) {
    return "its program is spoken to in HTTP/2, in which nothing is sent again";
  }
  if (request.cut) return "only the beginning of it was recorded";
  if (came_short(request)) return "its body had not come whole when it was recorded";
  if (!request.field("upgrade").empty()) return "it asks for another protocol, as WebSockets do";
  if (record.method == "CONNECT" || !is_well_formed(record)) {
    return "it is no request that can be sent again";
  }
  return "";
}

ReplayRequest replay_request(const ExchangeRecord& record, ReplayCoding coding) {
  const observe::RecordedMessage& request = record.request;
  ReplayRequest made{{}, method_of(record.method)};
  made.bytes = fmt::format("{} {} HTTP/1.1\r\n", record.method, record.target);
  const auto add = [&made](std::string_view name, std::string_view value) {
    made.bytes += fmt::format("{}: {}\r\n", name, value);
  };
  if (request.field("host").empty()) add("Host", "localhost");
  for (const RecordedField& field : request.fields) {
    const bool is_asked_anew =
        coding == ReplayCoding::plain && http::equals_lowercase(field.name, "accept-encoding");
    const bool is_empty_host = field.value.empty() && http::equals_lowercase(field.name, "host");
    if (is_asked_anew || is_empty_host || is_made_anew(record, field.name)) continue;
    add(field.name, field.value);
  }
  if (coding == ReplayCoding::plain) add("Accept-Encoding", "identity");
  const bool had_body = !request.body.empty() || !request.field("content-length").empty() ||
                        !request.field("transfer-encoding").empty();
  if (had_body) add("Content-Length", std::to_string(request.body.size()));
  add(kReplayField, std::to_string(record.id));
  add("Connection", "close");
  made.bytes += "\r\n";
  made.bytes += request.body;
  return made;
}

}  // namespace livefix::control
