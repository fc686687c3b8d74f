#include "control/symptom_json.h"

#include <boost/json/array.hpp>

#include "base/utf8.h"
#include "control/json_event.h"
#include "model/grpc_status.h"

namespace livefix::control {
namespace {

namespace json = boost::json;
using observe::MinuteRing;
using observe::Symptom;

// Of the last hour, the oldest first.
json::array minutes_of(const Symptom& symptom, observe::WallTime now) {
  json::array minutes;
  for (std::uint32_t ago = MinuteRing::kMinutes; ago-- > 0;) {
    minutes.emplace_back(symptom.minutes.last(now - std::chrono::minutes(ago), 1));
  }
  return minutes;
}

}  // namespace

json::object symptom_line(const Symptom& symptom, const std::optional<proportion::Share>& recent,
                          observe::WallTime now) {
  json::object line{{"id", symptom.id},
                    {"service", valid_utf8(symptom.key.service)},
                    {"method", symptom.key.method},
                    {"route", symptom.key.route},
                    {"status", http_status_in(symptom.key.status)},
                    {"cause", symptom.key.cause},
                    {"error", valid_utf8(symptom.key.error)},
                    {"first_seen", timestamp(symptom.first_seen)},
                    {"last_seen", timestamp(symptom.last_seen)},
                    {"failures", symptom.failures},
                    {"recent", symptom.minutes.last(now, observe::kRecentMinutes)},
                    {"share", nullptr},
                    {"since_release", valid_utf8(symptom.brought_by)},
                    {"gone", symptom.gone}};
  if (const auto code = grpc_failure_in(symptom.key.status)) line["grpc_status"] = *code;
  if (recent && recent->of > 0) line["share"] = recent->value();
  return line;
}

json::object symptom_json(const Symptom& symptom, const std::optional<proportion::Share>& recent,
                          observe::WallTime now) {
  json::object all = symptom_line(symptom, recent, now);
  json::array releases;
  for (const observe::ReleaseCount& one : symptom.by_release.releases) {
    releases.push_back(json::object{{"release", valid_utf8(one.release)}, {"failures", one.count}});
  }
  all["releases"] = std::move(releases);
  all["minutes"] = minutes_of(symptom, now);
  all["samples"] = json::array(symptom.samples.begin(), symptom.samples.end());
  return all;
}

}  // namespace livefix::control
