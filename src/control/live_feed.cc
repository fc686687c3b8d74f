#include "control/live_feed.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <utility>

#include "control/json_event.h"
#include "control/query_words.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kTextNames{"status", "rollout", "symptoms", "history",
                                                     "marks"};
// Behind the second that is read, so that the clock that the timer goes by may be a little off.
constexpr std::chrono::milliseconds kBehindSecond{20};
constexpr std::chrono::seconds kPast{Timeline::kSeconds};

UnixSecond second_of_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// [AT,[GENERATION,REQUESTS,FAILURES,P50,P99],...]: there are 900 of them.
void append_second(std::string& text, const TimelineSecond& second) {
  fmt::format_to(std::back_inserter(text), "[{}", second.at.time_since_epoch().count());
  for (const TimelinePoint& point : second.points) {
    fmt::format_to(std::back_inserter(text), ",[{},{},{},{},{}]", number(point.generation),
                   point.requests, point.failures, point.p50, point.p99);
  }
  text += ']';
}

std::string timeline_names(const Timeline& timeline) {
  json::object names;
  for (const auto& [generation, name] : timeline.names()) {
    names[fmt::to_string(number(generation))] =
        json::object{{"service", name.service}, {"release", name.release}};
  }
  return json::serialize(names);
}

}  // namespace

LiveFeed::LiveFeed(boost::asio::io_context& context, Sources sources)
    : sources_(std::move(sources)), timer_(context) {}

LiveFeed::~LiveFeed() = default;

void LiveFeed::begin() {
  tick(second_of_now());
  tick_later();
}

void LiveFeed::tick_later() {
  const auto now = std::chrono::system_clock::now();
  const auto next = second_of_now() + std::chrono::seconds(1) + kBehindSecond;
  timer_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(next - now));
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (stopped) return;
    tick(second_of_now());
    tick_later();
  });
}

void LiveFeed::crashed(std::string text) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  crashes_.push_back({now, "crash", std::move(text), 0});
  if (crashes_.size() > kMostCrashes) crashes_.pop_front();
}

void LiveFeed::tick(UnixSecond now) {
  std::vector<Timeline::Reading> readings;
  for (const ServiceFacts& service : sources_.generations()) {
    for (const GenerationFacts& generation : service.generations) {
      readings.push_back(
          {generation.id, service.name, generation.release, sources_.traffic.of(generation.id)});
    }
  }
  timeline_.read(now, readings);
  if (watchers_.empty()) return;
  Texts texts = ask(now);
  const std::string text = message("second", told_, now, texts, &texts_);
  texts_ = std::move(texts);
  told_ = now;
  // One that is cut for being slow leaves the map while this goes on.
  const std::vector<std::pair<std::uint64_t, ApiReply>> watchers(watchers_.begin(),
                                                                 watchers_.end());
  const auto id = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (const auto& [number, reply] : watchers) reply.line(text, id);
}

LiveFeed::Texts LiveFeed::ask(UnixSecond now) const {
  return {sources_.status(), sources_.rollout(), sources_.symptoms(), sources_.history(),
          marks_json(now)};
}

std::string LiveFeed::marks_json(UnixSecond now) const {
  const WallTime since = now - kPast;
  json::array marks;
  const auto add = [&](const TimelineMark& mark) {
    if (mark.at < since) return;
    marks.push_back(json::object{{"at", mark.at.time_since_epoch().count()},
                                 {"kind", mark.kind},
                                 {"text", mark.text},
                                 {"rollout", mark.rollout}});
  };
  for (const TimelineMark& mark : sources_.marks(since)) add(mark);
  for (const TimelineMark& mark : crashes_) add(mark);
  return json::serialize(marks);
}

std::string LiveFeed::message(std::string_view event, UnixSecond since, UnixSecond now,
                              const Texts& texts, const Texts* before) const {
  std::string text = fmt::format("{{\"event\":\"{}\",\"at\":{},\"generations\":{},\"seconds\":[",
                                 event, now.time_since_epoch().count(), timeline_names(timeline_));
  bool is_first = true;
  for (const TimelineSecond& second : timeline_.since(since)) {
    if (!std::exchange(is_first, false)) text += ',';
    append_second(text, second);
  }
  text += ']';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (before && (*before)[i] == texts[i]) continue;
    fmt::format_to(std::back_inserter(text), ",\"{}\":{}", kTextNames[i], texts[i]);
  }
  return text + '}';
}

// What all know by the last second is said to a new one, too, so that all know the same.
void LiveFeed::watch(const ApiRequest& request, const ApiReply& reply) {
  const auto text = request.parameter("since");
  const auto since = text.empty() ? std::optional<std::int64_t>(0) : number_in<std::int64_t>(text);
  if (!since) {
    return reply.answer(
        api_outcome(400, false, fmt::format("since={} is no second since 1970", text)));
  }
  if (watchers_.size() >= kMostWatchers) {
    return reply.answer(api_outcome(
        503, false,
        fmt::format("{} watch already; close a page that is not needed", kMostWatchers)));
  }
  const UnixSecond now = second_of_now();
  if (watchers_.empty()) {
    texts_ = ask(now);
    const auto all = timeline_.since(UnixSecond{});
    told_ = all.empty() ? UnixSecond{} : all.back().at;
  }
  reply.line(message("snapshot", UnixSecond(std::chrono::seconds(*since)), now, texts_, nullptr),
             static_cast<std::uint64_t>(told_.time_since_epoch().count()));
  const std::uint64_t id = ++last_watcher_;
  watchers_.emplace(id, reply);
  reply.on_gone([this, id] { watchers_.erase(id); });
}

std::vector<ControlApi::Route> LiveFeed::routes() {
  return {{ControlApi::Method::get,
           "/v1/watch",
           {"since"},
           [this](const ApiRequest& request, const ApiReply& reply) { watch(request, reply); }}};
}

}  // namespace livefix::control
