#include "control/log_routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <ranges>

#include "control/json_event.h"
#include "control/phrases.h"
#include "control/query_words.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kUsual = 200;  // lines
// Of what is sent at once; a client that does not take it is cut (ApiReply::line).
constexpr std::size_t kMostBytes = 2 << 20;

// As an event of --json (docs/events.md), with the time of the line.
std::string line_json(const RunSpec& run, const ProgramLog::Entry& entry) {
  return json::serialize(
      json::object{{"event", "output"},
                   {"time", timestamp(entry.line.time)},
                   {"service", run.services.at(entry.unit.service_index).name},
                   {"release", valid_utf8(entry.unit.label)},
                   {"generation", number(entry.unit.id)},
                   {"stream", entry.line.stream == Stream::output ? "stdout" : "stderr"},
                   {"line", valid_utf8(entry.line.text)}});
}

struct Question {
  LogFilter filter;
  std::size_t most = kUsual;
  bool follows = false;
};

Result<Question> parse_question(const ApiRequest& request, const RunSpec& run,
                                const ProgramLog& log) {
  Question question;
  question.follows = request.parameter("follow") == "true";
  question.filter.generation = request.parameter("generation");
  if (const auto most = request.parameter("most"); !most.empty()) {
    const auto number = number_in<std::size_t>(most);
    if (!number) return fail("most={} is no number of lines", most);
    question.most = *number;
  }
  const auto service = asked_service(request, run);
  if (!service) return std::unexpected(service.error());
  question.filter.service_index = *service;
  if (!question.filter.generation.empty() && !log.has(question.filter)) {
    const auto known = log.names();
    return fail("of a generation {} nothing is kept here; {}{}", question.filter.generation,
                known.empty() ? "nothing has started yet" : "there is ", fmt::join(known, ", "));
  }
  return question;
}

// What is kept, as much of the newest as goes through at once.
void send_kept(const RunSpec& run, const ProgramLog& log, const Question& question,
               const ApiReply& reply) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (const auto& entry : log.newest(question.filter, question.most) | std::views::reverse) {
    lines.push_back(line_json(run, entry));
    bytes += lines.back().size() + 1;
    if (bytes > kMostBytes) break;
  }
  for (const std::string& line : lines | std::views::reverse) reply.line(line);
}

void send_log(const RunSpec& run, ProgramLog& log, const ApiRequest& request,
              const ApiReply& reply) {
  const auto question = parse_question(request, run, log);
  if (!question) return reply.answer(api_outcome(404, false, question.error().message));
  json::array services;
  for (const ServiceSpec& service : run.services) services.emplace_back(service.name);
  reply.line(json::serialize(json::object{{"services", std::move(services)}}));
  send_kept(run, log, *question, reply);
  const auto end = [reply] {
    reply.line(api_outcome(200, true, "").body);
    reply.end();
  };
  if (!question->follows) return end();
  const auto id = log.follow(
      question->filter,
      {[&run, reply](const ProgramLog::Entry& entry) { reply.line(line_json(run, entry)); }, end});
  reply.on_gone([&log, id] { log.unfollow(id); });
}

}  // namespace

std::vector<ControlApi::Route> log_routes(const RunSpec& run, ProgramLog& log) {
  return {{ControlApi::Method::get,
           "/v1/logs",
           {"follow", "service", "generation", "most"},
           [&run, &log](const ApiRequest& request, const ApiReply& reply) {
             send_log(run, log, request, reply);
           }}};
}

}  // namespace livefix::control
