#include "control/symptom_feed.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/utf8.h"
#include "http/head.h"
#include "http/request_scanner.h"

namespace livefix::control {
namespace {

std::string cause_text_of(RecordCause cause) {
  switch (cause) {
    case RecordCause::backend_closed:
      return "backend closed";
    case RecordCause::not_http:
      return "not HTTP";
    case RecordCause::timed_out:
      return "timed out";
    case RecordCause::broken_off:
      return "broken off";
    case RecordCause::healthy:
    case RecordCause::status:
    case RecordCause::grpc:
      break;
  }
  return "";
}

constexpr std::chrono::minutes kOldest{1};

// What has no row of its own is of any method, as the book's group of all others is.
std::string_view shown_method(std::string_view method) {
  return method == "any" ? std::string_view() : method;
}

}  // namespace

FailedRequest failed_request(const observe::ExchangeRecord& record, observe::WallTime now) {
  return {.id = record.id,
          .service_index = record.service_index,
          .generation = record.generation,
          .release = valid_utf8(record.release),
          .method = std::string(http::name_of(http::method_of(record.method))),
          .route = record.route,
          .status = record.status,
          .counted_status = record.counted_status,
          .cause = cause_text_of(record.cause),
          .ended = std::min(std::chrono::floor<Milliseconds>(record.time), now),
          .took = std::chrono::ceil<Milliseconds>(record.took)};
}

SymptomFeed::SymptomFeed(const RunSpec& run, FindLine find_line)
    : run_(run),
      find_line_(std::move(find_line)),
      tally_([this](UnitId generation, int status) { return is_failure(generation, status); }) {}

SymptomFeed::Kind SymptomFeed::kind_of(const FailedRequest& failure) {
  return {failure.service_index, failure.method, failure.route, failure.status};
}

bool SymptomFeed::is_failure(UnitId generation, int status) const {
  if (status >= 500) return true;
  const auto found = generations_.find(generation);
  if (found == generations_.end()) return false;
  const RecordSpec& spec = run_.services[found->second.service_index].traffic.record;
  return spec.failures && spec.memory > 0 &&
         std::ranges::find(spec.statuses, status) != spec.statuses.end();
}

void SymptomFeed::restore(const FailedRequest& failure, const std::optional<std::string>& line) {
  if (failure.service_index < run_.services.size()) add(failure, line, true);
}

void SymptomFeed::failed(FailedRequest failure, observe::WallTime now) {
  if (failure.service_index >= run_.services.size()) return;
  // It has just come, whatever a proxy says: an hour ago would be another minute's.
  failure.ended = std::max(failure.ended, now - kOldest);
  const FailureTally::Key key{failure.generation, failure.method, failure.route};
  const Kind kind = kind_of(failure);
  const auto alike = alike_.find(kind);
  if (waiting_.size() < kMostWaiting && (alike == alike_.end() || alike->second < kMostAlike)) {
    tally_.recorded(key, failure.counted_status);
    ++alike_[kind];
    waiting_.push_back({std::move(failure), now + kPatience});
    return;
  }
  // Not told of, it will be missing.
  const SpareKey spare{kind, failure.cause, failure.release};
  const auto found = spare_.find(spare);
  if (found == spare_.end() && spare_.size() >= kMostKinds) return;
  ++spare_[spare];
  tally_.recorded(key, failure.counted_status);
}

void SymptomFeed::join(observe::WallTime now) {
  // A clock that was put back keeps nobody waiting.
  const auto is_due = [now](const Waiting& one) {
    return one.until <= now || one.until > now + kPatience;
  };
  while (!waiting_.empty() && is_due(waiting_.front())) {
    const FailedRequest failure = std::move(waiting_.front().failure);
    waiting_.pop_front();
    const auto alike = alike_.find(kind_of(failure));
    if (--alike->second == 0) alike_.erase(alike);
    add(failure, find_line_(failure), false);
  }
}

std::optional<observe::WallTime> SymptomFeed::next_join() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().until);
}

void SymptomFeed::add(const FailedRequest& failure, const std::optional<std::string>& line,
                      bool restored) {
  const Kind kind = kind_of(failure);
  if (line) learn_line(kind, failure.cause, *line);
  const auto* last = last_lines(kind, failure.cause);
  tell_book({.service = run_.services[failure.service_index].name,
             .method = failure.method,
             .route = failure.route,
             .status = failure.status,
             .cause = failure.cause,
             .error = line   ? std::string_view(*line)
                      : last ? last->back()
                             : std::string_view(),
             .release = failure.release,
             .time = failure.ended,
             .sample = failure.id,
             .restored = restored});
}

void SymptomFeed::tell_book(const observe::Failure& failure) {
  const observe::Symptom* symptom = book_.add(failure);
  const bool is_new = symptom && symptom->failures == failure.count;
  if (is_new && !failure.restored && on_new_) on_new_(*symptom);
  if (symptom && failure.sample != 0 && !failure.restored && on_joined_) {
    on_joined_(failure.sample, *symptom);
  }
}

void SymptomFeed::learn_line(const Kind& kind, const std::string& cause, const std::string& line) {
  if (last_lines_.size() >= kMostKinds && !last_lines_.contains(kind)) return;
  LastLines& last = last_lines_[kind];
  if (last.cause != cause) last = {cause, {}};
  if (last.lines.size() == kMostLines) last.lines.pop_front();
  last.lines.push_back(line);
}

const std::deque<std::string>* SymptomFeed::last_lines(const Kind& kind,
                                                       std::string_view cause) const {
  const auto last = last_lines_.find(kind);
  return last == last_lines_.end() || last->second.cause != cause ? nullptr : &last->second.lines;
}

// The last lines are a sample of them.
void SymptomFeed::add_spare(const SpareKey& spare, std::uint64_t count, observe::WallTime now) {
  std::map<std::string_view, std::uint64_t> by_line;
  if (const auto* lines = last_lines(spare.kind, spare.cause)) {
    std::uint64_t left = count % lines->size();
    for (const std::string& line : *lines | std::views::reverse) {
      by_line[line] += count / lines->size() + (left > 0 ? 1 : 0);
      if (left > 0) --left;
    }
  } else {
    by_line[{}] = count;
  }
  for (const auto& [line, share] : by_line) {
    if (share == 0) continue;
    tell_book({.service = run_.services[spare.kind.service_index].name,
               .method = shown_method(spare.kind.method),
               .route = spare.kind.route,
               .status = spare.kind.status,
               .cause = spare.cause,
               .error = line,
               .release = spare.release,
               .time = now,
               .count = share});
  }
}

// Of a generation that has gone the last counts are read once more.
std::vector<UnitId> SymptomFeed::learn(const std::vector<ServiceFacts>& services) {
  for (const UnitId id : std::exchange(gone_, {})) generations_.erase(id);
  std::map<UnitId, Generation> living;
  for (const ServiceFacts& service : services) {
    for (const GenerationFacts& one : service.generations) {
      living[one.id] = {service.index, one.release};
    }
  }
  for (const auto& [id, generation] : generations_) {
    if (!living.contains(id)) gone_.push_back(id);
  }
  for (auto& [id, generation] : living) generations_[id] = std::move(generation);
  std::vector<UnitId> ids;
  for (const auto& [id, generation] : generations_) ids.push_back(id);
  return ids;
}

bool SymptomFeed::count(std::span<const RouteCount> counts, observe::WallTime now) {
  std::vector<UnitId> ids;
  for (const auto& [id, generation] : generations_) ids.push_back(id);
  const auto reading = tally_.read(counts, ids);
  for (const auto& [key, count] : reading.requests) {
    const Generation& generation = generations_.at(key.generation);
    book_.count_requests({.service = run_.services[generation.service_index].name,
                          .method = shown_method(key.method),
                          .route = key.route,
                          .release = generation.release,
                          .time = now,
                          .requests = count});
  }
  for (const auto& [spare, count] : std::exchange(spare_, {})) add_spare(spare, count, now);
  for (const auto& [key, status, count] : reading.missing) {
    const Generation& generation = generations_.at(key.generation);
    const Kind kind{generation.service_index, key.method, key.route, status};
    const auto last = last_lines_.find(kind);
    const std::string cause = last == last_lines_.end() ? std::string() : last->second.cause;
    add_spare({kind, cause, generation.release}, count, now);
  }
  return !reading.requests.empty();
}

}  // namespace livefix::control
