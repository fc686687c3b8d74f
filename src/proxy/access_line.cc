#include "proxy/access_line.h"

#include <fmt/format.h>

#include <span>

#include "proxy/line_builder.h"

namespace livefix::proxy {
namespace {

using Shares = AccessShares;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// All that stands around the parts: names, quotes, numbers at their longest.
constexpr std::size_t kFrame = 450;
static_assert(Shares::kClient + Shares::kMethod + Shares::kHost + Shares::kTarget +
                  Shares::kReferer + Shares::kAgent + Shares::kService + Shares::kRelease +
                  Shares::kId + Shares::kTrace + kFrame <
              kMaxAccessLine);

std::string_view name_of(AccessProtocol protocol) {
  switch (protocol) {
    case AccessProtocol::http10:
      return "HTTP/1.0";
    case AccessProtocol::http11:
      return "HTTP/1.1";
    case AccessProtocol::http2:
      return "HTTP/2.0";
    case AccessProtocol::tcp:
      return "TCP";
    case AccessProtocol::unknown:
      break;
  }
  return {};
}

// The composer of requests puts the '/' where an absolute target has no path; so does the log.
bool lacks_slash(const AccessEntry& entry) {
  if (entry.method.empty()) return false;
  return entry.target.empty() || entry.target.front() == '?';
}

// Parts of an object; `name` comes with all that stands in front of the value.
class JsonLine {
 public:
  explicit JsonLine(std::span<char> memory) : line_(memory) {}

  void add_plain(std::string_view name, std::string_view text) {
    line_.add(name);
    line_.add(text);
    line_.add("\"");
  }
  void add_text(std::string_view name, std::string_view text, std::size_t share) {
    line_.add(name);
    line_.add_escaped(text, share, Escaping::json);
    line_.add("\"");
  }
  void add_optional(std::string_view name, std::string_view text, std::size_t share) {
    if (!text.empty()) add_text(name, text, share);
  }
  void add_number(std::string_view name, std::uint64_t number) {
    line_.add(name);
    line_.add_number(number);
  }
  void add_milliseconds(std::string_view name, AccessEntry::Duration duration) {
    line_.add(name);
    line_.add_thousandths(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
  }
  std::string_view finish(std::string_view end) {
    line_.add(end);
    return line_.view();
  }

 private:
  LineBuilder line_;
};

std::string_view compose_json(const AccessEntry& entry, std::string_view time,
                              std::span<char> memory) {
  JsonLine line(memory);
  line.add_plain(R"({"time":")", time);
  line.add_text(R"(,"client":")", entry.client, Shares::kClient);
  if (entry.method.empty()) {
    line.add_optional(R"(,"unreadable":")", entry.unreadable, Shares::kTarget);
  } else {
    line.add_text(R"(,"method":")", entry.method, Shares::kMethod);
    line.add_text(R"(,"host":")", entry.host, Shares::kHost);
    line.add_text(lacks_slash(entry) ? R"(,"target":"/)" : R"(,"target":")", entry.target,
                  Shares::kTarget);
  }
  if (entry.protocol != AccessProtocol::unknown) {
    line.add_plain(R"(,"protocol":")", name_of(entry.protocol));
  }
  if (entry.status != 0) {
    line.add_number(R"(,"status":)", static_cast<std::uint64_t>(entry.status));
  }
  if (entry.grpc_status) {
    line.add_number(R"(,"grpc_status":)", static_cast<std::uint64_t>(*entry.grpc_status));
  }
  line.add_number(R"(,"bytes":)", entry.bytes);
  line.add_milliseconds(R"(,"duration_ms":)", entry.duration);
  if (entry.first_byte) line.add_milliseconds(R"(,"first_byte_ms":)", *entry.first_byte);
  if (entry.waited) line.add_milliseconds(R"(,"waited_ms":)", *entry.waited);
  line.add_optional(R"(,"service":")", entry.service, Shares::kService);
  if (entry.generation != 0) line.add_number(R"(,"generation":)", entry.generation);
  line.add_optional(R"(,"release":")", entry.release, Shares::kRelease);
  line.add_optional(R"(,"id":")", entry.id, Shares::kId);
  line.add_optional(R"(,"trace":")", entry.trace, Shares::kTrace);
  line.add_optional(R"(,"referer":")", entry.referer, Shares::kReferer);
  line.add_optional(R"(,"user_agent":")", entry.agent, Shares::kAgent);
  if (entry.tls != TlsVersion::none) {
    line.add_plain(R"(,"tls":")", entry.tls == TlsVersion::tls12 ? "1.2" : "1.3");
  }
  return line.finish(entry.complete ? ",\"complete\":true}\n" : ",\"complete\":false}\n");
}

// A field in quotes; "-" where there is nothing.
void add_quoted(LineBuilder& line, std::string_view text, std::size_t share) {
  line.add(" \"");
  if (text.empty()) {
    line.add("-");
  } else {
    line.add_escaped(text, share, Escaping::hex);
  }
  line.add("\"");
}

std::string_view compose_combined(const AccessEntry& entry, std::string_view date,
                                  std::span<char> memory) {
  LineBuilder line(memory);
  if (entry.client.empty()) line.add("-");
  line.add_escaped(entry.client, Shares::kClient, Escaping::hex);
  line.add(" - - [");
  line.add(date);
  line.add("]");
  if (entry.method.empty()) {
    add_quoted(line, entry.unreadable, Shares::kTarget);
  } else {
    line.add(" \"");
    line.add_escaped(entry.method, Shares::kMethod, Escaping::hex);
    line.add(lacks_slash(entry) ? " /" : " ");
    line.add_escaped(entry.target, Shares::kTarget, Escaping::hex);
    line.add(" ");
    line.add(name_of(entry.protocol));
    line.add("\"");
  }
  line.add(" ");
  if (entry.status == 0) line.add("00");  // readers want three digits
  line.add_number(static_cast<std::uint64_t>(entry.status));
  line.add(" ");
  line.add_number(entry.bytes);
  add_quoted(line, entry.referer, Shares::kReferer);
  add_quoted(line, entry.agent, Shares::kAgent);
  line.add("\n");
  return line.view();
}

}  // namespace

std::string_view AccessLineComposer::compose(const AccessEntry& entry) {
  use_time(entry.time);
  const std::string_view date(date_.data(), date_size_);
  if (format_ == AccessLogFormat::combined) return compose_combined(entry, date, line_);
  return compose_json(entry, date, line_);
}

std::string_view AccessLineComposer::compose_gap(std::chrono::system_clock::time_point time,
                                                 std::uint64_t lines) {
  use_time(time);
  const std::string_view date(date_.data(), date_size_);
  if (format_ == AccessLogFormat::json) {
    JsonLine line(line_);
    line.add_plain(R"({"time":")", date);
    line.add_number(R"(,"lines_missing":)", lines);
    return line.finish("}\n");
  }
  LineBuilder line(line_);
  line.add("- - - [");
  line.add(date);
  line.add("] \"-\" 000 0 \"-\" \"livefix: lines missing here: ");
  line.add_number(lines);
  line.add("\"\n");
  return line.view();
}

void AccessLineComposer::use_time(std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const bool is_json = format_ == AccessLogFormat::json;
  if (second != second_) {
    second_ = second;
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    const auto year = static_cast<int>(date.year());
    const auto month = static_cast<unsigned>(date.month());
    const auto day_of_month = static_cast<unsigned>(date.day());
    const auto hours = clock.hours().count();
    const auto minutes = clock.minutes().count();
    const auto seconds = clock.seconds().count();
    const auto written =
        is_json
            ? fmt::format_to_n(date_.data(), date_.size(),
                               "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z", year, month,
                               day_of_month, hours, minutes, seconds)
            : fmt::format_to_n(date_.data(), date_.size(), "{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000",
                               day_of_month, kMonths[month - 1], year, hours, minutes, seconds);
    date_size_ = std::min(written.size, date_.size());
  }
  if (!is_json) return;
  auto rest =
      static_cast<unsigned>(std::chrono::floor<std::chrono::milliseconds>(time - second).count());
  for (std::size_t place = date_size_ - 2; place > date_size_ - 5; --place, rest /= 10) {
    date_[place] = static_cast<char>('0' + rest % 10);
  }
}

}  // namespace livefix::proxy
