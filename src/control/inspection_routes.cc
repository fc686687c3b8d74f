#include "control/inspection_routes.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "control/patch_json.h"
#include "control/phrases.h"
#include "control/release_diff.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

ForecastQuestion forecast_question(const ReleaseOffice& office, const RunSpec& run,
                                   std::string_view commit) {
  ForecastQuestion question{std::string(commit), office.running(), {}};
  for (const ServiceSpec& service : run.services) {
    if (const ReleaseRecord* kept = office.book().kept(service.name)) {
      question.directories[service.name] = kept->directory;
    }
  }
  return question;
}

void plan(ReleaseOffice& office, const RunSpec& run, const InspectionQuestions& ask,
          std::string_view commit, const ApiReply& reply) {
  office.in_background(
      [question = forecast_question(office, run, commit)](const CommitStore& store) {
        return forecast(store, question);
      },
      [&office, &run, ask, reply](const Result<CommitForecast>& result) {
        if (!result) return reply.answer(api_outcome(409, false, result.error().message));
        const ReleaseRecord* known = office.book().release_in(result->directory);
        const RunSituation now{ask.situations(), known ? known->built : std::vector<std::string>(),
                               ask.busy()};
        reply.answer({200, json::serialize(plan_json(*result, *run.commits, now))});
      });
}

ApiAnswer diff_answer(const std::vector<ReleaseDiff>& diffs) {
  json::array parts;
  for (const ReleaseDiff& diff : diffs) {
    json::object part{{"services", json::array(diff.services.begin(), diff.services.end())},
                      {"from", diff.from.hex()},
                      {"to", diff.to.hex()}};
    for (const auto& field : patch_json(diff.diff)) part.insert(field);
    parts.emplace_back(std::move(part));
  }
  return {200, json::serialize(json::object{{"diffs", std::move(parts)}})};
}

void diff(ReleaseOffice& office, std::string_view commit, const ApiReply& reply) {
  office.in_background([commit = std::string(commit), running = office.running()](
                           const CommitStore& store) { return diff_to(store, commit, running); },
                       [reply](const Result<std::vector<ReleaseDiff>>& diffs) {
                         if (!diffs)
                           return reply.answer(api_outcome(409, false, diffs.error().message));
                         reply.answer(diff_answer(*diffs));
                       });
}

}  // namespace

std::vector<ControlApi::Route> inspection_routes(const RunSpec& run,
                                                 const InspectionQuestions& ask) {
  using enum ControlApi::Method;
  using Handler = std::function<void(const InspectionParts&, const ApiRequest&, const ApiReply&)>;
  const auto guarded = [ask](bool changes, const Handler& handle) {
    return [ask, changes, handle](const ApiRequest& request, const ApiReply& reply) {
      const InspectionParts found = ask.parts();
      if (!found.office) return reply.answer(api_outcome(409, false, kRunsNoCommits));
      if (changes && ask.is_stopping()) {
        return reply.answer(api_outcome(409, false, "livefix is stopping"));
      }
      handle(found, request, reply);
    };
  };
  return {
      {get,
       "/v1/plan",
       {"commit"},
       guarded(false,
               [&run, ask](const InspectionParts& with, const ApiRequest& request,
                           const ApiReply& reply) {
                 plan(*with.office, run, ask, request.parameter("commit"), reply);
               })},
      {get,
       "/v1/diff",
       {"commit"},
       guarded(false,
               [](const InspectionParts& with, const ApiRequest& request, const ApiReply& reply) {
                 diff(*with.office, request.parameter("commit"), reply);
               })},
      {get,
       "/v1/drift",
       {},
       guarded(false, [](const InspectionParts& with, const ApiRequest&,
                         const ApiReply& reply) { with.drift->show(reply); })},
      {post,
       "/v1/drift/adopt",
       {"branch", "who"},
       guarded(true,
               [](const InspectionParts& with, const ApiRequest& request, const ApiReply& reply) {
                 with.drift->adopt(std::string(request.parameter("branch")), request.who(), reply);
               })},
      {post,
       "/v1/drift/restore",
       {"who"},
       guarded(true, [](const InspectionParts& with, const ApiRequest& request,
                        const ApiReply& reply) { with.drift->restore(request.who(), reply); })},
  };
}

}  // namespace livefix::control
