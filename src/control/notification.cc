#include "control/notification.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/overloaded.h"
#include "base/utf8.h"
#include "control/harmless_line.h"
#include "control/json_event.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFilesTold = 100;
constexpr std::size_t kIdDigits = 8;

std::string_view event_name(NotifyEvent event) {
  const auto* found =
      std::ranges::find(kNotifyEvents, event, [](const auto& known) { return known.second; });
  return found->first;
}

std::string delivery_id(const Recorded& recorded, const RunSpec& run) {
  std::string digits;
  for (const std::uint8_t byte : recorded.hash) digits += fmt::format("{:02x}", byte);
  return fmt::format("{}-{}-{}", run.name, recorded.sequence, digits.substr(0, kIdDigits));
}

std::vector<std::string> services_with(std::uint32_t release, const ReleaseBook& book,
                                       const RunSpec& run) {
  std::vector<std::string> names;
  for (const ServiceSpec& service : run.services) {
    const ReleaseRecord* kept = book.kept(service.name);
    if (kept && kept->number == release) names.push_back(service.name);
  }
  return names;
}

json::object release_fields(std::uint32_t number, const ReleaseBook& book) {
  const ReleaseRecord* release = book.release(number);
  if (!release) return {{"release", ""}, {"commit", ""}, {"subject", ""}};
  return {{"release", release->name},
          {"commit", release->commit},
          {"subject", valid_utf8(release->subject)}};
}

struct Content {
  std::vector<std::string> services;
  std::string_view key;  // of the object that follows
  json::object fields;
};

Content content_of(const PromotedRecord& record, const ReleaseBook& book, const RunSpec& run) {
  json::object rollout = release_fields(record.release, book);
  rollout["id"] = record.rollout;
  rollout["message"] = harmless_line(record.message, run);
  rollout["took_ms"] = record.took.count();
  return {record.services, "rollout", std::move(rollout)};
}

Content content_of(const FailedRecord& record, const ReleaseBook& book, const RunSpec& run) {
  const RolloutStory* story = book.story(record.rollout);
  const RolloutRecord about = story ? story->rollout : RolloutRecord{};
  json::object rollout = release_fields(about.release, book);
  rollout["commit"] = about.commit;
  rollout["subject"] = valid_utf8(about.subject);
  rollout["id"] = record.rollout;
  rollout["gate"] = record.gate;
  rollout["message"] = harmless_line(record.message, run);
  rollout["took_ms"] = record.took.count();
  return {about.services, "rollout", std::move(rollout)};
}

Content content_of(const RollbackRecord& record, const ReleaseBook& book, const RunSpec& run) {
  json::object rollout = release_fields(record.release, book);
  rollout["id"] = record.id;
  rollout["message"] = harmless_line(record.message, run);
  return {record.services, "rollout", std::move(rollout)};
}

Content content_of(const DriftRecord& record, const ReleaseBook& book, const RunSpec& run) {
  json::object drift = release_fields(record.release, book);
  const auto& files = record.files;
  const auto told = static_cast<std::ptrdiff_t>(std::min(files.size(), kMostFilesTold));
  drift["what"] = record.what;
  drift["count"] = files.size();
  drift["files"] = json_array({files.begin(), files.begin() + told});
  if (!record.branch.empty()) drift["branch"] = record.branch;
  return {services_with(record.release, book, run), "drift", std::move(drift)};
}

Notification compose(std::string_view event, std::string id, WallTime at, std::string_view who,
                     Content content, const RunSpec& run) {
  json::object body{{"event", event},
                    {"id", id},
                    {"run", run.name},
                    {"services", json_array(content.services)},
                    {"time", timestamp(at)}};
  if (!who.empty()) body["who"] = valid_utf8(who);
  if (!content.key.empty()) body[content.key] = std::move(content.fields);
  return {std::string(event), std::move(id), json::serialize(body)};
}

std::vector<std::string> all_services(const RunSpec& run) {
  std::vector<std::string> names;
  for (const ServiceSpec& service : run.services) names.push_back(service.name);
  return names;
}

}  // namespace

std::optional<NotifyEvent> event_of(const Record& record) {
  using Found = std::optional<NotifyEvent>;
  return std::visit(overloaded{[](const PromotedRecord&) -> Found { return NotifyEvent::promoted; },
                               [](const FailedRecord& failed) -> Found {
                                 return failed.outcome == "taken_back" ? NotifyEvent::taken_back
                                                                       : NotifyEvent::refused;
                               },
                               [](const RollbackRecord&) -> Found { return NotifyEvent::rollback; },
                               [](const DriftRecord&) -> Found { return NotifyEvent::drift; },
                               [](const auto&) -> Found { return std::nullopt; }},
                    record);
}

Notification notification_of(const Recorded& recorded, const ReleaseBook& book,
                             const RunSpec& run) {
  Content content = std::visit(
      overloaded{[&](const PromotedRecord& record) { return content_of(record, book, run); },
                 [&](const FailedRecord& record) { return content_of(record, book, run); },
                 [&](const RollbackRecord& record) { return content_of(record, book, run); },
                 [&](const DriftRecord& record) { return content_of(record, book, run); },
                 [](const auto&) { return Content{}; }},
      recorded.record);
  const auto event = event_of(recorded.record);
  Notification made =
      compose(event ? event_name(*event) : kind_of(recorded.record), delivery_id(recorded, run),
              recorded.at, recorded.who, std::move(content), run);
  made.sequence = recorded.sequence;
  return made;
}

SymptomNotice notice_of(const observe::Symptom& symptom) {
  const auto& releases = symptom.by_release.releases;
  std::string text = name_of(symptom.key);
  if (!symptom.key.error.empty()) text += ": " + symptom.key.error;
  return {symptom.id, symptom.key.service, std::move(text),
          releases.empty() ? std::string() : releases.back().release};
}

Notification notification_of(const SymptomNotice& symptom, const RunSpec& run, WallTime at) {
  json::object fields{
      {"id", symptom.id}, {"text", harmless_line(symptom.text, run)}, {"release", symptom.release}};
  return compose(
      "symptom",
      fmt::format("{}-symptom-{}-{}", run.name, symptom.id, at.time_since_epoch().count()), at, {},
      {{symptom.service}, "symptom", std::move(fields)}, run);
}

Notification test_notification(const RunSpec& run, const std::string& who, WallTime at) {
  return compose("test", fmt::format("{}-test-{}", run.name, at.time_since_epoch().count()), at,
                 who, {all_services(run), {}, {}}, run);
}

}  // namespace livefix::control
