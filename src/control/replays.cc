#include "control/replays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "control/query_words.h"
#include "control/recording_json.h"
#include "control/replay_client.h"
#include "control/replay_comparison.h"
#include "control/replay_request.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using tcp = asio::ip::tcp;
using observe::ExchangeRecord;

// "17,18": each once, in the order in which they came.
Result<std::vector<std::uint64_t>> parse_ids(std::string_view text) {
  std::vector<std::uint64_t> ids;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find(','));
    const auto id = number_in<std::uint64_t>(one);
    if (!id) return fail("{} is no number of a request, as livefix requests lists them", one);
    if (std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  if (ids.empty()) return fail("no request is named; write ids=17,18");
  if (ids.size() > Replays::kMostRequests) {
    return fail("these are {} requests, and {} at once is the most", ids.size(),
                Replays::kMostRequests);
  }
  return ids;
}

std::string ids_text(std::span<const std::uint64_t> ids) {
  constexpr std::size_t kMostNamed = 10;
  const std::size_t named = std::min(ids.size(), kMostNamed);
  return fmt::format("{}{}", fmt::join(ids.first(named), ", "),
                     named < ids.size() ? fmt::format(" and {} more", ids.size() - named) : "");
}

std::string not_sent_json(std::uint64_t id, std::string_view why) {
  return json::serialize(
      json::object{{"id", id}, {"outcome", name_of(ReplayOutcome::not_sent)}, {"text", why}});
}

// Compressed answers cannot be looked into, but two of them can be alike.
ReplayCoding coding_for(const ExchangeRecord& record) {
  return record.answer.field("content-encoding").empty() ? ReplayCoding::plain
                                                         : ReplayCoding::as_recorded;
}

Address address_at(const tcp::endpoint& endpoint) {
  Address address;
  address.port = endpoint.port();
  if (endpoint.address().is_v4()) {
    const auto bytes = endpoint.address().to_v4().to_bytes();
    address.family = Family::ipv4;
    std::ranges::copy(bytes, address.bytes.begin());
  } else {
    const auto bytes = endpoint.address().to_v6().to_bytes();
    address.family = Family::ipv6;
    std::ranges::copy(bytes, address.bytes.begin());
  }
  return address;
}

}  // namespace

struct Replays::Question {
  std::vector<std::uint64_t> ids;
  ReplayPlace place;
  bool any_method = false;
  bool elsewhere = false;  // the URL may be another machine's
  bool whole = false;      // of the one that is meant all is told
  std::string who;
  std::string to;
};

struct Replays::Session {
  Session(asio::io_context& context, Question of, ApiReply to)
      : question(std::move(of)),
        reply(std::move(to)),
        resolver(context),
        client(context, kAtOnce),
        lines(question.ids.size()) {}

  const Question question;
  const ApiReply reply;
  tcp::resolver resolver;
  ReplayClient client;
  std::vector<Address> places;  // of a URL
  std::size_t begun = 0;
  std::size_t told = 0;
  std::size_t settled = 0;
  std::size_t sent = 0;
  std::size_t failing = 0;
  std::vector<std::optional<std::string>> lines;  // that wait for those before them
};

Replays::Replays(asio::io_context& context, const RunSpec& run, Recordings& recordings, World world)
    : context_(context), run_(run), recordings_(recordings), world_(std::move(world)) {}

Replays::~Replays() = default;

std::vector<ControlApi::Route> Replays::routes() {
  return {{ControlApi::Method::post,
           "/v1/replay",
           {"ids", "symptom", "to", "any_method", "elsewhere", "whole", "who"},
           [this](const ApiRequest& request, const ApiReply& reply) { replay(request, reply); }}};
}

Result<std::vector<std::uint64_t>> Replays::ids_of(const ApiRequest& request) const {
  const auto symptom = request.parameter("symptom");
  if (symptom.empty()) return parse_ids(request.parameter("ids"));
  if (!request.parameter("ids").empty()) return fail("name requests or a symptom, not both");
  auto ids = world_.samples_of(symptom);
  std::erase_if(ids, [this](std::uint64_t id) { return !recordings_.find(id); });
  if (ids.empty()) {
    return fail("of a symptom {} no request is kept; livefix symptoms lists those that there are",
                symptom);
  }
  return ids;
}

void Replays::replay(const ApiRequest& request, const ApiReply& reply) {
  auto ids = ids_of(request);
  if (!ids) return reply.answer(api_outcome(400, false, ids.error().message));
  auto place = parse_replay_place(request.parameter("to"));
  if (!place) return reply.answer(api_outcome(400, false, place.error().message));
  const auto to = request.parameter("to");
  const auto says = [&request](std::string_view name) { return request.parameter(name) == "true"; };
  Question question{std::move(*ids),
                    std::move(*place),
                    says("any_method"),
                    says("elsewhere"),
                    says("whole"),
                    request.who(),
                    to.empty() ? "live" : std::string(to)};
  if (question.whole && question.ids.size() != 1) {
    return reply.answer(api_outcome(400, false, "the whole answer is shown of one request only"));
  }
  if (sessions_.size() >= kMostReplays) {
    return reply.answer(api_outcome(
        409, false,
        fmt::format("{} replays are under way; try again when one is over", kMostReplays)));
  }
  if (const std::string why = why_not(question); !why.empty()) {
    return reply.answer(api_outcome(409, false, why));
  }
  const std::uint64_t number = ++last_session_;
  auto& session =
      *sessions_.emplace(number, std::make_unique<Session>(context_, std::move(question), reply))
           .first->second;
  // It may leave in the middle of a line that it is told.
  reply.on_gone([this, number, alive = std::weak_ptr<const bool>(alive_)] {
    asio::post(context_, [this, number, alive] {
      if (!alive.expired()) sessions_.erase(number);
    });
  });
  if (const auto* url = std::get_if<ReplayUrl>(&session.question.place)) {
    return resolve(number, *url);
  }
  begin(number);
}

std::string Replays::why_not(const Question& question) const {
  const auto* generation = std::get_if<ReplayGeneration>(&question.place);
  if (generation == nullptr) return "";
  for (const std::uint64_t id : question.ids) {
    const auto record = recordings_.find(id);
    if (!record || !world_.places(record->service_index, *generation).empty()) continue;
    const std::string& name = run_.services[record->service_index].name;
    return *generation == ReplayGeneration::live
               ? fmt::format("{} does not serve now; send it again when it does", name)
               : fmt::format(
                     "no new {} is being proven now; --to candidate is for the time of a "
                     "rollout",
                     name);
  }
  return "";
}

void Replays::refuse(std::uint64_t number, unsigned status, const std::string& why) {
  const ApiReply reply = sessions_.at(number)->reply;
  sessions_.erase(number);
  reply.answer(api_outcome(status, false, why));
}

void Replays::resolve(std::uint64_t number, const ReplayUrl& url) {
  sessions_.at(number)->resolver.async_resolve(
      url.host, std::to_string(url.port),
      [this, number, alive = std::weak_ptr<const bool>(alive_)](
          const boost::system::error_code& error, const tcp::resolver::results_type& found) {
        if (alive.expired() || !sessions_.contains(number)) return;
        Session& session = *sessions_.at(number);
        const std::string& to = session.question.to;
        if (error || found.empty()) {
          return refuse(number, 409, fmt::format("{} cannot be found: {}", to, error.message()));
        }
        bool is_here = true;
        for (const auto& one : found) {
          is_here = is_here && one.endpoint().address().is_loopback();
          session.places.push_back(address_at(one.endpoint()));
        }
        if (!is_here && !session.question.elsewhere) {
          return refuse(number, 409,
                        fmt::format("{} is not this machine, and recorded passwords and cookies "
                                    "would go there in the clear; --elsewhere sends them",
                                    to));
        }
        begin(number);
      });
}

void Replays::begin(std::uint64_t number) {
  const Session& session = *sessions_.at(number);
  world_.note(fmt::format("{} to {}", ids_text(session.question.ids), session.question.to),
              session.question.who);
  for (std::size_t i = 0; i < kAtOnce && sessions_.contains(number); ++i) send_next(number);
}

// Records are read when it is their turn: all of them at once would be much.
void Replays::send_next(std::uint64_t number) {
  Session& session = *sessions_.at(number);
  const Question& question = session.question;
  while (session.begun < question.ids.size()) {
    const std::size_t index = session.begun++;
    const std::uint64_t id = question.ids[index];
    auto record = recordings_.find(id);
    if (!record) {
      settle(session, index,
             not_sent_json(id, "it is not kept; livefix requests lists those that are"));
      continue;
    }
    const ServiceSpec& service = run_.services[record->service_index];
    const auto* generation = std::get_if<ReplayGeneration>(&question.place);
    const auto places =
        generation != nullptr ? world_.places(record->service_index, *generation) : session.places;
    const auto backend = generation != nullptr ? service.traffic.backend : BackendProtocol::http1;
    std::string why(unfit_for_replay(*record, backend));
    if (!question.any_method && !is_replayed(record->method, service.traffic.replay)) {
      why = fmt::format(
          "{} may change something; --any-method sends it again, or methods of "
          "[service.{}.replay] always",
          valid_utf8(record->method), service.name);
    }
    if (why.empty() && places.empty()) why = "what it is for is gone";
    if (!why.empty()) {
      json::object line = recording_line(
          recordings_.redaction_of(record->service_index).show_briefly(*record), service.name);
      line["outcome"] = name_of(ReplayOutcome::not_sent);
      line["text"] = why;
      settle(session, index, json::serialize(line));
      continue;
    }
    ++session.sent;
    auto again = replay_request(*record, coding_for(*record));
    session.client.send(
        places, std::move(again), kPatience,
        [this, number, index, record = std::move(*record)](const ReplayAnswer& answer) {
          const auto found = sessions_.find(number);
          if (found == sessions_.end()) return;
          answered(*found->second, index, record, answer);
          send_next(number);
        });
    return;
  }
  end_if_over(number);
}

void Replays::answered(Session& session, std::size_t index, const ExchangeRecord& record,
                       const ReplayAnswer& answer) {
  const ServiceSpec& service = run_.services[record.service_index];
  const observe::Redaction& redaction = recordings_.redaction_of(record.service_index);
  const auto compared = compare_with_record(record, answer, redaction, service.traffic.record);
  if (fails(compared.outcome)) ++session.failing;
  json::object line = recording_line(redaction.show_briefly(record), service.name);
  line["outcome"] = name_of(compared.outcome);
  line["text"] = valid_utf8(compared.text);
  line["now"] = {{"status", answer.status},
                 {"ended", text_of(answer)},
                 {"took_ms", static_cast<double>(answer.took.count()) / 1000}};
  if (session.question.whole) {
    ExchangeRecord now = record;
    now.answer = answer.message;
    now.status = answer.status;
    now.took = answer.took;
    line["exchange"] = recording_json(redaction.show(std::move(now)), service.name);
  }
  settle(session, index, json::serialize(line));
}

// In the order in which they were named.
void Replays::settle(Session& session, std::size_t index, std::string line) {
  session.lines[index] = std::move(line);
  ++session.settled;
  while (session.told < session.lines.size() && session.lines[session.told]) {
    session.reply.line(*std::exchange(session.lines[session.told++], {}));
  }
}

void Replays::end_if_over(std::uint64_t number) {
  const Session& session = *sessions_.at(number);
  if (session.settled < session.lines.size()) return;
  const ApiReply reply = session.reply;
  reply.line(json::serialize(json::object{{"ok", true},
                                          {"sent", session.sent},
                                          {"not_sent", session.lines.size() - session.sent},
                                          {"failing", session.failing}}));
  sessions_.erase(number);
  reply.end();
}

}  // namespace livefix::control
