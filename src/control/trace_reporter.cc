#include "control/trace_reporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "control/exchange_span.h"
#include "control/kept_secret.h"
#include "http/characters.h"

namespace livefix::control {
namespace {

// Unique, not secret.
http::RequestIdSource::Seed seed_of_traces() {
  std::random_device device;
  http::RequestIdSource::Seed seed{};
  for (std::uint64_t& half : seed) half = std::uint64_t{device()} << 32 | device();
  return seed;
}

std::vector<SpanAttribute> resource_of(const RunSpec& run) {
  return {
      {"service.name", "livefix"}, {"service.version", LIVEFIX_VERSION}, {"livefix.run", run.name}};
}

Result<std::string> header_value(const OtlpHeader& header) {
  const std::string file = fmt::format("file with {}", header.name);
  const std::string what = fmt::format("its header {}", header.name);
  auto value = read_secret({header.file, header.env},
                           {.file = file, .what = what, .of_file = "the header's value"});
  if (value && http::find_control(*value, 0) < value->size()) {
    return fail("{} has characters that no header may have, as the end of a line", what);
  }
  return value;
}

}  // namespace

TraceReporter::TraceReporter(boost::asio::io_context& context, const RunSpec& run,
                             Recordings& recordings, const Announcer& announcer)
    : context_(context),
      run_(run),
      spec_(*run.otlp),
      recordings_(recordings),
      ids_(seed_of_traces()),
      rollouts_(run, ids_),
      random_(std::random_device()()),
      client_(context, spec_.endpoint),
      exporter_(context, resource_of(run),
                {.post = [this](const std::string& body,
                                WebClient::Then then) { post(body, std::move(then)); },
                 .warn =
                     [announcer, shown = spec_.endpoint.origin()](const std::string& text) {
                       announcer.warn(fmt::format("{}: {}", shown, text));
                     },
                 .chance = [this] { return std::uniform_real_distribution<double>()(random_); }}),
      timer_(context) {}

void TraceReporter::begin() {
  recordings_.on_failure([this](const observe::ExchangeRecord& record) { failed(record); });
}

void TraceReporter::post(const std::string& body, WebClient::Then then) {
  WebPost post{spec_.endpoint.target, {}, body};
  for (const OtlpHeader& header : spec_.headers) {
    auto value = header_value(header);
    if (!value) {
      boost::asio::post(context_, [then = std::move(then), why = value.error().message] {
        then({.reason = why});
      });
      return;
    }
    post.fields.emplace_back(header.name, std::move(*value));
  }
  client_.post(std::move(post), spec_.timeout, std::move(then));
}

void TraceReporter::failed(const observe::ExchangeRecord& record) {
  if (record.service_index >= run_.services.size()) return;
  const TimePoint now = Clock::now();
  if (now - second_ >= std::chrono::seconds{1}) {
    second_ = now;
    failed_in_second_ = 0;
  }
  if (++failed_in_second_ > kMostASecond) return exporter_.drop(1);
  waiting_.push_back({record, {}, now + kPatience});
  export_later();
}

void TraceReporter::joined(std::uint64_t record, const std::string& symptom) {
  const auto found = std::ranges::find_if(
      waiting_, [record](const Waiting& one) { return one.record.id == record; });
  if (found != waiting_.end()) found->symptom = symptom;
}

void TraceReporter::export_later() {
  if (is_timed_ || waiting_.empty()) return;
  is_timed_ = true;
  timer_.expires_at(waiting_.front().until);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    is_timed_ = false;
    export_due();
    export_later();
  });
}

// What is secret in a target may be so because of a field, so that the whole record is asked for.
void TraceReporter::export_due() {
  const TimePoint now = Clock::now();
  while (!waiting_.empty() && waiting_.front().until <= now) {
    const Waiting one = std::move(waiting_.front());
    waiting_.pop_front();
    auto whole = one.record.id != 0 ? recordings_.find(one.record.id) : std::nullopt;
    const std::size_t service = one.record.service_index;
    if (!whole) whole = one.record;
    const auto shown = recordings_.redaction_of(service).show_briefly(std::move(*whole));
    exporter_.add(exchange_span(shown, run_.services[service].name, one.symptom, ids_));
  }
}

void TraceReporter::on_record(const Recorded& recorded, const ReleaseBook& book) {
  for (TraceSpan& span : rollouts_.on_record(recorded, book)) exporter_.add(std::move(span));
}

}  // namespace livefix::control
