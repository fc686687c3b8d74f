#include "cli/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/figures.h"
#include "cli/duration.h"
#include "cli/screen_text.h"
#include "cli/service_status.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kRelease = 9;
constexpr std::size_t kState = 8;
constexpr std::size_t kService = 10;
constexpr std::size_t kFigure = 6;
constexpr std::size_t kInFlight = 5;
constexpr std::size_t kLeastSpark = 5;
constexpr std::size_t kMostSpark = 60;
constexpr std::size_t kMarginLines = 3;  // the title, the message, the keys

using Lines = std::vector<TopLine>;

std::string latency_figure(const std::optional<std::chrono::microseconds>& time) {
  return time ? describe_latency(*time) : "-";
}

TopLine top_heading(std::string text) {
  return {{std::move(text), TopStyle::title}};
}

std::string marker(bool is_chosen) {
  return is_chosen ? "> " : "  ";
}

// --- generations ---------------------------------------------------------------------------------

// What is beside the sparkline.
struct GenerationColumns {
  bool has_service = false;

  std::size_t width() const {
    return 2 + (has_service ? kService + 1 : 0) + kRelease + 1 + kState + 1 + 4 * (kFigure + 1) +
           kInFlight + 1;
  }
  std::size_t spark(std::size_t columns) const {
    const std::size_t room = columns > width() ? columns - width() : 0;
    return room < kLeastSpark ? 0 : std::min(room, kMostSpark);
  }
};

TopLine generation_heading(const GenerationColumns& columns, std::size_t width,
                           std::size_t hidden) {
  std::string text = "  ";
  if (columns.has_service) text += fitted("SERVICE", kService) + " ";
  text += fitted("RELEASE", kRelease) + " " + fitted("STATE", kState) + " ";
  for (const auto* title : {"REQ/S", "ERR/S"}) text += fitted(title, kFigure, true) + " ";
  text += fitted("NOW", kInFlight, true) + " ";
  for (const auto* title : {"P50", "P99"}) text += fitted(title, kFigure, true) + " ";
  if (columns.spark(width) > 0) {
    text += hidden > 0 ? fmt::format("+{} more", hidden) : "LAST MINUTE";
  }
  return top_heading(std::move(text));
}

TopLine generation_line(const TopModel& model, const TopGeneration& one,
                        const GenerationColumns& columns, std::size_t width, bool utf8) {
  const auto rate = model.rates().of(one.id);
  const bool is_chosen = model.is_chosen(one);
  const TopStyle usual = is_chosen                ? TopStyle::chosen
                         : one.state == "serving" ? TopStyle::plain
                                                  : TopStyle::faint;
  std::string front = marker(is_chosen);
  if (columns.has_service) front += fitted(one.service, kService) + " ";
  front += fitted(one.release, kRelease) + " " + fitted(one.state, kState) + " ";
  front += fitted(rate ? rate_figure(rate->requests) : "-", kFigure, true) + " ";
  TopLine line{{std::move(front), usual}};
  const bool has_errors = rate && rate->errors > 0;
  line.push_back({fitted(rate ? rate_figure(rate->errors) : "-", kFigure, true) + " ",
                  has_errors ? TopStyle::bad : usual});
  line.push_back({fitted(std::to_string(one.in_flight), kInFlight, true) + " " +
                      fitted(latency_figure(one.p50), kFigure, true) + " " +
                      fitted(latency_figure(one.p99), kFigure, true) + " ",
                  usual});
  if (const auto spark = columns.spark(width); spark > 0) {
    line.push_back({sparkline(model.rates().minute(one.id, spark), utf8), TopStyle::good});
  }
  return line;
}

// --- which of many -------------------------------------------------------------------------------

// The first of `room` that are shown, so that the chosen one is among them.
std::size_t first_shown(std::size_t count, std::size_t room, std::optional<std::size_t> chosen) {
  if (count <= room || !chosen) return 0;
  return std::min(*chosen >= room ? *chosen - room + 1 : 0, count - room);
}

template <class One>
std::optional<std::size_t> chosen_of(const TopModel& model, const std::vector<One>& all) {
  const auto found =
      std::ranges::find_if(all, [&model](const One& one) { return model.is_chosen(one); });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

// --- sections ------------------------------------------------------------------------------------

Lines generations_section(const TopModel& model, std::size_t room, TopSize size, bool utf8) {
  const TopReading& reading = *model.reading();
  const GenerationColumns columns{reading.services > 1};
  const auto& all = reading.generations;
  const std::size_t shown = std::min(all.size(), room - 1);
  const auto first = first_shown(all.size(), shown, chosen_of(model, all));
  Lines lines{generation_heading(columns, size.columns, all.size() - shown)};
  if (all.empty()) lines.push_back({{"  no process", TopStyle::faint}});
  for (std::size_t i = first; i < first + shown; ++i) {
    lines.push_back(generation_line(model, all[i], columns, size.columns, utf8));
  }
  return lines;
}

Lines symptoms_section(const TopModel& model, std::size_t room) {
  const auto& all = model.reading()->symptoms;
  const std::size_t shown = std::min(all.size(), room - 1);
  const auto first = first_shown(all.size(), shown, chosen_of(model, all));
  const auto hidden = all.size() - shown;
  Lines lines{top_heading(
      fmt::format("  SYMPTOMS{}", hidden > 0 ? fmt::format("  +{} more", hidden) : ""))};
  if (all.empty()) lines.push_back({{"  none in the last hour", TopStyle::faint}});
  for (std::size_t i = first; i < first + shown; ++i) {
    const TopSymptom& one = all[i];
    const bool is_chosen = model.is_chosen(one);
    std::string text =
        fmt::format("{}{:>7} in 5 m {} {}", marker(is_chosen),
                    count_text(static_cast<std::uint64_t>(std::max<std::int64_t>(one.recent, 0))),
                    fitted(one.share ? percent_text(*one.share) : "", kFigure, true), one.name);
    if (!one.since_release.empty()) text += " · since " + one.since_release;
    if (!one.why.empty()) text += " · " + one.why;
    if (one.gone) text += " · gone";
    const TopStyle usual = one.recent > 0 && !one.gone ? TopStyle::bad : TopStyle::faint;
    lines.push_back({{std::move(text), is_chosen ? TopStyle::chosen : usual}});
  }
  return lines;
}

TopStyle style_of(const RolloutSummary& rollout) {
  if (is_under_way(rollout)) return TopStyle::warning;
  return rollout.outcome == "promoted" ? TopStyle::good : TopStyle::bad;
}

constexpr std::size_t kCommitShown = 7;

// What was told of it; when it is over, also what became of symptoms, and the verdict.
std::vector<std::string> lines_of_rollout(const RolloutSummary& rollout) {
  std::vector<std::string> lines = rollout.lines;
  lines.insert(lines.end(), rollout.symptoms.begin(), rollout.symptoms.end());
  if (!rollout.message.empty()) lines.push_back(rollout.message);
  return lines;
}

Lines rollout_section(const TopReading& reading, std::size_t room) {
  const RolloutSummary& rollout = *reading.rollout;
  const bool is_now = is_under_way(rollout);
  TopLine title{{is_now ? "  ROLLOUT " : "  LAST ROLLOUT ", TopStyle::title}};
  const std::string commit = rollout.commit.substr(0, kCommitShown);
  title.push_back({is_now && !reading.now.empty()
                       ? fmt::format("{} {} · {}", rollout.id, rollout.subject, reading.now)
                       : fmt::format("{} {} {} · {} · {}", rollout.id, commit, rollout.subject,
                                     rollout.who, outcome_text(rollout)),
                   style_of(rollout)});
  Lines lines{std::move(title)};
  const auto told = lines_of_rollout(rollout);
  const std::size_t shown = std::min(told.size(), room - 1);
  for (std::size_t i = told.size() - shown; i < told.size(); ++i) {
    lines.push_back({{"    " + told[i], TopStyle::plain}});
  }
  return lines;
}

Lines changes_section(const TopReading& reading, std::size_t room) {
  Lines lines{top_heading("  LAST CHANGES")};
  for (const RolloutSummary& one : reading.history) {
    if (lines.size() == room) break;
    const auto time = one.began.find('T');
    lines.push_back({{fmt::format("  {:>4} {} {} ", one.id,
                                  time == std::string::npos ? "" : one.began.substr(time + 1, 8),
                                  one.commit.substr(0, kCommitShown)),
                      TopStyle::plain},
                     {fitted(outcome_text(one), 20) + " ", style_of(one)},
                     {one.subject, TopStyle::plain}});
  }
  for (const std::string& change : reading.last_changes) {
    if (lines.size() == room || reading.has_rollouts) break;
    lines.push_back({{"  " + change, TopStyle::plain}});
  }
  if (lines.size() == 1) lines.push_back({{"  none yet", TopStyle::faint}});
  return lines;
}

// --- how much room each has ----------------------------------------------------------------------

struct RoomShare {
  std::size_t least = 0;  // with its heading
  std::size_t wanted = 0;
  std::size_t rows = 0;
};

// Of lines below a heading.
RoomShare room_share_of(std::size_t least, std::size_t wanted) {
  return {1 + std::min(least, wanted), 1 + wanted, 0};
}

// A blank line behind each. First all get the least that they need, as far as there is room, then
// those in front what they want.
template <std::size_t Count>
void give_room(std::array<RoomShare, Count>& shares, std::size_t room) {
  for (RoomShare& share : shares) {
    const std::size_t blank = share.wanted > 0 ? 1 : 0;
    if (share.wanted == 0 || share.least + blank > room) continue;
    share.rows = share.least;
    room -= share.least + blank;
  }
  for (RoomShare& share : shares) {
    if (share.rows == 0) continue;
    const std::size_t more = std::min(share.wanted - share.rows, room);
    share.rows += more;
    room -= more;
  }
}

Lines overview(const TopModel& model, TopSize size, std::size_t room, bool utf8) {
  const TopReading& reading = *model.reading();
  const bool has_rollout = reading.rollout.has_value();
  const bool is_now = has_rollout && is_under_way(*reading.rollout);
  const std::size_t told = has_rollout ? lines_of_rollout(*reading.rollout).size() : 0;
  const std::size_t changes =
      reading.has_rollouts ? reading.history.size() : reading.last_changes.size();
  const auto at_least_one = [](std::size_t count) { return std::max<std::size_t>(count, 1); };
  std::array<RoomShare, 4> shares{
      room_share_of(3, at_least_one(reading.generations.size())),
      has_rollout ? room_share_of(is_now ? 4 : 2, std::min<std::size_t>(told, is_now ? 8 : 5))
                  : RoomShare{},
      room_share_of(3, at_least_one(reading.symptoms.size())),
      room_share_of(2, at_least_one(changes))};
  give_room(shares, room + 1);  // the last one needs no blank
  Lines lines;
  const auto add = [&lines](Lines section) {
    if (!lines.empty()) lines.emplace_back();
    for (TopLine& line : section) lines.push_back(std::move(line));
  };
  if (shares[0].rows > 0) add(generations_section(model, shares[0].rows, size, utf8));
  if (shares[1].rows > 0) add(rollout_section(reading, shares[1].rows));
  if (shares[2].rows > 0) add(symptoms_section(model, shares[2].rows));
  if (shares[3].rows > 0) add(changes_section(reading, shares[3].rows));
  return lines;
}

// --- other pages ---------------------------------------------------------------------------------

Lines generation_detail(const TopModel& model, const TopGeneration& one, bool utf8,
                        std::size_t columns) {
  Lines lines{top_heading(fmt::format("  {} {} · {} · generation {} · {}", one.service, one.release,
                                      one.state, one.id, describe_age(one.age)))};
  lines.push_back({{fmt::format("  {} requests, {} errors since it started",
                                count_text(one.requests), count_text(one.errors)),
                    TopStyle::plain}});
  const auto spark = std::min(kMostSpark, columns > 20 ? columns - 20 : 0);
  lines.push_back({{"  last minute ", TopStyle::faint},
                   {sparkline(model.rates().minute(one.id, spark), utf8), TopStyle::good}});
  lines.emplace_back();
  lines.push_back(top_heading("   REQ/S  ERR/S    P50    P99  ROUTE"));
  std::vector<const TopRoute*> routes;
  for (const TopRoute& route : model.reading()->routes) {
    if (route.generation == one.id) routes.push_back(&route);
  }
  std::ranges::stable_sort(routes, std::greater(),
                           [](const TopRoute* route) { return route->requests; });
  for (const TopRoute* route : routes) {
    const auto rate = model.rate_of(*route);
    const auto figure = [](const std::string& text) { return fitted(text, kFigure, true) + " "; };
    lines.push_back(
        {{"  " + figure(rate ? rate_figure(rate->requests) : "-") +
              figure(rate ? rate_figure(rate->errors) : "-") + figure(latency_figure(route->p50)) +
              figure(latency_figure(route->p99)) + " " + route->method + " " + route->route,
          route->errors > 0 ? TopStyle::bad : TopStyle::plain}});
  }
  return lines;
}

Lines detail(const TopModel& model, bool utf8, std::size_t columns) {
  if (const TopGeneration* one = model.chosen_generation()) {
    return generation_detail(model, *one, utf8, columns);
  }
  Lines lines;
  if (model.symptom_lines().empty()) lines.push_back({{"  ...", TopStyle::faint}});
  for (const std::string& line : model.symptom_lines()) {
    lines.push_back({{"  " + line, lines.empty() ? TopStyle::title : TopStyle::plain}});
  }
  return lines;
}

Lines help() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kKeys{{
      {"arrows", "choose a generation or a symptom"},
      {"tab", "go over to the others"},
      {"enter", "all of it, and back"},
      {"p", "hold the rollout at the share that it has"},
      {"r", "let a rollout go on that was paused"},
      {"P", "give the new release all traffic now"},
      {"a", "take the rollout back"},
      {"R", "go back to what ran before"},
      {"q", "quit; nothing else ends"},
      {"?", "this; any key leads back"},
  }};
  Lines lines{top_heading("  KEYS")};
  for (const auto& [key, what] : kKeys) {
    lines.push_back({{"  " + fitted(key, 9), TopStyle::title}, {std::string(what), {}}});
  }
  lines.emplace_back();
  for (const auto* text :
       {"REQ/S and ERR/S are of the last seconds: errors are 5xx, calls of gRPC that",
        "failed, and what livefix answered for the program. NOW are requests under",
        "way. P50 and P99 say when half of the answers, and 99 % of them, had begun,",
        "since their start."}) {
    lines.push_back({{std::string("  ") + text, TopStyle::faint}});
  }
  return lines;
}

// --- around it -----------------------------------------------------------------------------------

TopLine title_line(const TopModel& model) {
  TopLine line{{"livefix top", TopStyle::title}};
  if (!model.reading()) return line;
  const TopReading& reading = *model.reading();
  line.push_back({fmt::format("  {} · up {} · {} connections{}", reading.run,
                              describe_age(reading.uptime), reading.connections,
                              reading.held > 0 ? fmt::format(" · {} waiting", reading.held) : ""),
                  model.is_lost() ? TopStyle::faint : TopStyle::plain});
  return line;
}

TopLine message_line(const TopMessage& message) {
  switch (message.kind) {
    case TopMessage::Kind::none:
      return {};
    case TopMessage::Kind::note:
      return {{message.text, TopStyle::plain}};
    case TopMessage::Kind::good:
      return {{message.text, TopStyle::good}};
    case TopMessage::Kind::bad:
      return {{message.text, TopStyle::bad}};
    case TopMessage::Kind::question:
      return {{message.text, TopStyle::warning}};
  }
  return {};
}

TopLine keys_line() {
  return {{"q quit  p pause  r resume  P promote  a abort  R rollback  enter more  ? help",
           TopStyle::faint}};
}

// What is behind the last column goes.
TopLine cut(const TopLine& line, std::size_t columns, bool utf8) {
  std::size_t left = columns;
  TopLine shown;
  for (const TopSpan& span : line) {
    if (left == 0) break;
    const std::size_t width = std::min(screen_width(span.text), left);
    std::string text = fitted(span.text, width);
    shown.push_back({utf8 ? std::move(text) : ascii_text(text), span.style});
    left -= width;
  }
  return shown;
}

}  // namespace

std::string sparkline(std::span<const double> values, bool utf8) {
  constexpr std::array<std::string_view, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view kAscii = "_.:-=+*#";
  const double highest = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string line;
  for (const double value : values) {
    if (value <= 0 || highest <= 0) {
      line += ' ';
      continue;
    }
    const auto level =
        static_cast<std::size_t>(std::clamp(std::ceil(value / highest * 8) - 1, 0.0, 7.0));
    if (utf8) {
      line += kBars[level];
    } else {
      line += kAscii[level];
    }
  }
  return line;
}

std::string rate_figure(double rate) {
  constexpr double kLargest = 1e15;
  if (rate <= 0) return "0";
  if (rate < 9.95) return fmt::format("{:.1f}", rate);
  const auto whole = static_cast<std::uint64_t>(std::llround(std::min(rate, kLargest)));
  if (whole < 100'000) return count_text(whole);
  if (whole < 10'000'000) return fmt::format("{}k", whole / 1'000);
  return fmt::format("{}M", whole / 1'000'000);
}

std::vector<TopLine> top_lines(const TopModel& model, TopSize size, bool utf8) {
  Lines lines{title_line(model), {}};
  const std::size_t room = size.rows > kMarginLines + 1 ? size.rows - kMarginLines - 1 : 0;
  Lines body;
  if (model.page() == TopModel::Page::help) {
    body = help();
  } else if (!model.reading()) {
    body.push_back({{"  waiting for the first answer", TopStyle::faint}});
  } else if (model.page() == TopModel::Page::detail) {
    body = detail(model, utf8, size.columns);
  } else {
    body = overview(model, size, room, utf8);
  }
  body.resize(room);
  for (TopLine& line : body) lines.push_back(std::move(line));
  lines.push_back(message_line(model.message()));
  lines.push_back(keys_line());
  // On a screen of hardly any lines the message is what counts.
  while (lines.size() > size.rows && lines.size() > 1) lines.erase(lines.begin() + 1);
  lines.resize(size.rows);
  for (TopLine& line : lines) line = cut(line, size.columns, utf8);
  return lines;
}

}  // namespace livefix::cli
