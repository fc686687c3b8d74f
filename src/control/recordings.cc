#include "control/recordings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <ranges>

#include "control/query_words.h"
#include "control/recording_json.h"
#include "observe/curl_text.h"
#include "observe/har.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kUsualRecords = 100;
constexpr std::size_t kMostRecords = 1'000;

struct RecordQuestion {
  observe::RecordFilter filter;
  std::size_t most = kUsualRecords;
};

Result<RecordQuestion> parse_question(const ApiRequest& request, const RunSpec& run) {
  RecordQuestion question;
  question.filter.route = request.parameter("route");
  question.filter.failures_only = request.parameter("failures") == "true";
  if (const auto most = request.parameter("most"); !most.empty()) {
    const auto number = number_in<std::size_t>(most);
    if (!number) return fail("most={} is no number of requests", most);
    question.most = std::min(*number, kMostRecords);
  }
  if (const auto status = request.parameter("status"); !status.empty()) {
    question.filter.status = number_in<int>(status);
    if (!question.filter.status) return fail("status={} is no status; write status=500", status);
  }
  if (const auto cause = request.parameter("cause"); !cause.empty()) {
    const auto name = [](RecordCause one) { return name_of(one); };
    const auto found = std::ranges::find(kRecordCauses, cause, name);
    if (found == kRecordCauses.end()) {
      return fail("there is no cause {}; there is {}", cause,
                  fmt::join(kRecordCauses | std::views::transform(name), ", "));
    }
    question.filter.cause = *found;
  }
  const auto service = asked_service(request, run);
  if (!service) return std::unexpected(service.error());
  question.filter.service_index = *service;
  return question;
}

std::optional<os::Mapping> map(const os::Fd& memory, std::size_t size) {
  if (size == 0) return std::nullopt;
  auto mapping = os::Mapping::of(memory, size, os::Mapping::Access::read_write);
  if (!mapping) return std::nullopt;
  return std::move(*mapping);
}

}  // namespace

Recordings::Recordings(asio::io_context& context, const RunSpec& run, std::size_t workers, Fds fds)
    : run_(run),
      ring_memory_(map(fds.rings, record_ring_memory(workers))),
      kept_memory_(map(fds.kept, record_memory(run))),
      wake_(context),
      timer_(context) {
  std::vector<std::size_t> shares;
  for (const ServiceSpec& service : run.services) {
    const RecordSpec& spec = service.traffic.record;
    shares.push_back(spec.memory);
    redactions_.emplace_back(spec.redact);
  }
  if (!ring_memory_ || !kept_memory_) return;
  recorder_.emplace(std::span(static_cast<char*>(kept_memory_->data()), record_memory(run)),
                    shares);
  auto* const rings = static_cast<RecordRing*>(ring_memory_->data());
  for (std::size_t i = 0; i < workers; ++i) rings_.emplace_back(rings[i]);
  boost::system::error_code error;
  wake_.assign(fds.wake.get(), error);
  if (error) return;  // they are still looked at when somebody asks
  fds.wake.release();
  wake_.non_blocking(true, error);
  look();
  wait();
}

Recordings::~Recordings() = default;

void Recordings::wait() {
  wake_.async_wait(asio::posix::stream_descriptor::wait_read,
                   [this](const boost::system::error_code& error) {
                     if (error) return;
                     std::uint64_t count = 0;
                     boost::system::error_code nothing;
                     wake_.read_some(asio::buffer(&count, sizeof count), nothing);
                     look();
                     look_later();
                   });
}

// A storm of failures is looked at from time to time: what finds no room until then is counted.
void Recordings::look_later() {
  timer_.expires_after(kPause);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    // What has come since wakes nobody, unless everything was taken.
    if (look()) return look_later();
    wait();
  });
}

bool Recordings::look() {
  bool found = false;
  for (RecordRingReader& ring : rings_) {
    // A ring's worth at most, however fast it fills.
    std::size_t bytes = 0;
    while (bytes < RecordRing::kBytes) {
      const auto record = ring.next();
      if (!record) break;
      bytes += record->size() + RecordRing::kFrame;
      take(*record);
      ring.done();
      found = true;
    }
  }
  return found;
}

void Recordings::take(std::string_view record) {
  const auto frame = decode_record(record);
  if (frame && frame->mirrored) {
    const bool is_known = frame->service_index < run_.services.size();
    if (on_mirrored_ && is_known) on_mirrored_(observe::parse_exchange(0, *frame));
    return;
  }
  const std::uint64_t id = recorder_->add(record);
  if (on_failure_.empty()) return;
  if (!frame || frame->cause == RecordCause::healthy) return;
  const auto failure = observe::parse_exchange_briefly(id, *frame);
  for (const OnFailure& tell : on_failure_) tell(failure);
}

void Recordings::for_each_failure(const OnFailure& visit) const {
  if (recorder_) recorder_->for_each_failure(visit);
}

std::optional<std::string> Recordings::note_line(std::uint64_t id, std::string_view line) {
  const auto record = recorder_ && id != 0 ? recorder_->find(id) : std::nullopt;
  if (!record) return std::nullopt;
  std::string shown;
  if (!line.empty()) shown = redactions_.at(record->service_index).show_line(*record, line);
  recorder_->note_line(*record, shown);
  return shown;
}

std::optional<observe::ExchangeRecord> Recordings::find(std::uint64_t id) {
  look();
  return recorder_ ? recorder_->find(id) : std::nullopt;
}

std::vector<observe::ExchangeRecord> Recordings::newest(const observe::RecordFilter& filter,
                                                        std::size_t most) {
  look();
  return recorder_ ? recorder_->newest(filter, most) : std::vector<observe::ExchangeRecord>();
}

std::uint64_t Recordings::dropped() const {
  std::uint64_t count = recorder_ ? recorder_->refused() : 0;
  for (const RecordRingReader& ring : rings_) count += ring.dropped() + ring.damaged();
  return count;
}

// --- the control API -----------------------------------------------------------------------------

std::vector<ControlApi::Route> Recordings::routes() {
  using enum ControlApi::Method;
  return {
      {get,
       "/v1/requests",
       {"service", "route", "status", "cause", "failures", "most"},
       [this](const ApiRequest& request, const ApiReply& reply) { list(request, reply); }},
      {get, "/v1/request", {"id", "as"}, [this](const ApiRequest& request, const ApiReply& reply) {
         tell(request, reply);
       }}};
}

void Recordings::list(const ApiRequest& request, const ApiReply& reply) {
  const auto question = parse_question(request, run_);
  if (!question) return reply.answer(api_outcome(404, false, question.error().message));
  json::array all;
  for (auto& record : newest(question->filter, question->most)) {
    const auto& redaction = redaction_of(record.service_index);
    const auto shown = redaction.show_briefly(std::move(record));
    all.push_back(recording_line(shown, run_.services[shown.about().service_index].name));
  }
  reply.answer(
      {200, json::serialize(json::object{{"requests", std::move(all)},
                                         {"kept", recorder_ ? recorder_->kept() : 0},
                                         {"forgotten", recorder_ ? recorder_->forgotten() : 0},
                                         {"dropped", dropped()}})});
}

void Recordings::tell(const ApiRequest& request, const ApiReply& reply) {
  const auto text = request.parameter("id");
  const auto id = number_in<std::uint64_t>(text);
  if (!id) {
    return reply.answer(api_outcome(
        400, false,
        fmt::format("id={} is no number of a request, as /v1/requests has them", text)));
  }
  const auto as = request.parameter("as");
  if (!as.empty() && as != "curl" && as != "har") {
    return reply.answer(api_outcome(400, false, "as= is curl or har, or left out"));
  }
  auto record = find(*id);
  if (!record) {
    return reply.answer(api_outcome(
        404, false,
        fmt::format("no request {} is kept; livefix requests lists those that are", *id)));
  }
  const auto shown = redaction_of(record->service_index).show(std::move(*record));
  const std::string& service = run_.services[shown.about().service_index].name;
  json::object object;
  if (as == "har") {
    object = observe::har(shown);
  } else if (as == "curl") {
    object = {{"curl", observe::curl_text(shown)}};
  } else {
    object = recording_json(shown, service);
  }
  reply.answer({200, json::serialize(object)});
}

}  // namespace livefix::control
