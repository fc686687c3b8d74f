#include "control/symptoms.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "control/query_words.h"
#include "control/symptom_json.h"
#include "observe/error_line.h"

namespace livefix::control {
namespace {

namespace json = boost::json;
using observe::Symptom;

// A program says why before its answer is whole, or right behind it. So what it wrote by then tells
// more than what came later, which may be about the next request. At last all counts that was read
// by now: a line has the time at which this process came to read it, which is late when it is busy.
constexpr std::array kBehind{Milliseconds{5}, Milliseconds{50}};
// Clocks of the proxy and of this process are one; the program was given the request a little
// earlier than its answer began to be waited for.
constexpr Milliseconds kBefore{50};
constexpr std::size_t kMostLinesLookedAt = 60;

constexpr std::chrono::hours kOpen{1};

observe::WallTime now_of_symptoms() {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

bool is_open(const Symptom& symptom, observe::WallTime now) {
  return symptom.last_seen + kOpen > now;
}

}  // namespace

Symptoms::Symptoms(boost::asio::io_context& context, Sources sources)
    : sources_(std::move(sources)),
      counts_(sources_.traffic),
      feed_(sources_.run, [this](const FailedRequest& failure) { return find_line(failure); }),
      join_timer_(context),
      read_timer_(context) {}

Symptoms::~Symptoms() {
  sources_.recordings.tell_nobody();
}

void Symptoms::begin() {
  const observe::WallTime now = now_of_symptoms();
  sources_.recordings.for_each_failure([&](const observe::ExchangeRecord& record) {
    feed_.restore(failed_request(record, now),
                  record.joined ? std::optional(record.line) : std::nullopt);
  });
  sources_.recordings.on_failure([this](const observe::ExchangeRecord& record) {
    const observe::WallTime then = now_of_symptoms();
    feed_.failed(failed_request(record, then), then);
    join_later();
  });
  read_later();
}

// --- what is joined ------------------------------------------------------------------------------

std::optional<std::string> Symptoms::find_line(const FailedRequest& failure) {
  const auto from = failure.ended - failure.took - kBefore;
  const std::array<std::chrono::system_clock::time_point, 3> ends{
      failure.ended + kBehind[0], failure.ended + kBehind[1], std::chrono::system_clock::now()};
  std::string line;
  for (const auto end : ends) {
    auto lines = sources_.log.between(failure.generation, from, end, kMostLinesLookedAt);
    // So much was written since that those lines are gone; what is written now is about the same.
    if (!lines) lines = sources_.log.newest_of(failure.generation, kMostLinesLookedAt);
    line = observe::error_line(*lines);
    if (!line.empty()) break;
  }
  return sources_.recordings.note_line(failure.id, line);
}

void Symptoms::join_later() {
  const auto due = feed_.next_join();
  if (joins_ || !due) return;
  joins_ = true;
  join_timer_.expires_after(std::max(*due - now_of_symptoms(), Milliseconds{0}));
  join_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    joins_ = false;
    feed_.join(now_of_symptoms());
    join_later();
  });
}

void Symptoms::read_later() {
  read_timer_.expires_after(read() ? kBetweenReadings : kWhenIdle);
  read_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) read_later();
  });
}

bool Symptoms::read() {
  last_reading_ = Clock::now();
  const auto generations = feed_.learn(sources_.generations());
  return feed_.count(counts_.of(generations), now_of_symptoms());
}

void Symptoms::catch_up() {
  sources_.recordings.look();
  feed_.join(now_of_symptoms());
  if (Clock::now() - last_reading_ >= kLeastBetweenReadings) read();
}

// --- who asks ------------------------------------------------------------------------------------

std::vector<std::uint64_t> Symptoms::samples_of(std::string_view id) const {
  const Symptom* symptom = feed_.book().find(id);
  return symptom ? symptom->samples : std::vector<std::uint64_t>();
}

std::map<std::string, std::uint64_t> Symptoms::open() const {
  std::map<std::string, std::uint64_t> counts;
  for (const ServiceSpec& service : sources_.run.services) counts[service.name] = 0;
  const observe::WallTime now = now_of_symptoms();
  for (const Symptom* symptom : feed_.book().list(now)) {
    if (is_open(*symptom, now)) ++counts[symptom->key.service];
  }
  return counts;
}

std::vector<JudgedSymptom> Symptoms::judge(std::span<const ReleaseChange> changes) {
  catch_up();
  return judge_changes(feed_.book(), changes, now_of_symptoms());
}

std::vector<ControlApi::Route> Symptoms::routes() {
  return {{ControlApi::Method::get,
           "/v1/symptoms",
           {"service", "all", "id"},
           [this](const ApiRequest& request, const ApiReply& reply) {
             catch_up();
             const auto id = request.parameter("id");
             id.empty() ? list(request, reply) : tell(id, reply);
           }}};
}

void Symptoms::list(const ApiRequest& request, const ApiReply& reply) {
  const auto service = asked_service(request, sources_.run);
  if (!service) return reply.answer(api_outcome(404, false, service.error().message));
  reply.answer({200, list_json(*service, request.parameter("all") == "true")});
}

std::string Symptoms::open_json() const {
  return list_json(std::nullopt, false);
}

std::string Symptoms::list_json(std::optional<std::size_t> service_index, bool all) const {
  const auto is_meant = [&](const std::string& name) {
    return !service_index || sources_.run.services[*service_index].name == name;
  };
  const observe::WallTime now = now_of_symptoms();
  json::array symptoms;
  for (const Symptom* symptom : feed_.book().list(now)) {
    if (!is_meant(symptom->key.service) || !(all || is_open(*symptom, now))) continue;
    symptoms.emplace_back(symptom_line(*symptom, feed_.book().recent(*symptom, now), now));
  }
  json::array unrecorded;
  for (const ServiceSpec& one : sources_.run.services) {
    const RecordSpec& record = one.traffic.record;
    if (is_meant(one.name) && (record.memory == 0 || !record.failures)) {
      unrecorded.emplace_back(one.name);
    }
  }
  return json::serialize(
      json::object{{"symptoms", std::move(symptoms)}, {"unrecorded", std::move(unrecorded)}});
}

void Symptoms::tell(std::string_view id, const ApiReply& reply) {
  const Symptom* symptom = feed_.book().find(id);
  if (!symptom) {
    return reply.answer(api_outcome(
        404, false, fmt::format("there is no symptom {}; livefix symptoms --all lists them", id)));
  }
  const observe::WallTime now = now_of_symptoms();
  reply.answer(
      {200, json::serialize(symptom_json(*symptom, feed_.book().recent(*symptom, now), now))});
}

}  // namespace livefix::control
