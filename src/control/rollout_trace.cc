#include "control/rollout_trace.h"

#include <fmt/format.h>

#include <utility>

#include "base/overloaded.h"
#include "base/utf8.h"
#include "control/harmless_line.h"

namespace livefix::control {
namespace {

constexpr std::size_t kTracedSpanDigits = 16;
constexpr std::size_t kMostOpen = 8;

void add_text(std::vector<SpanAttribute>& attributes, const char* key, const std::string& text) {
  if (!text.empty()) attributes.push_back({key, valid_utf8(text)});
}

std::vector<SpanAttribute> attributes_of(const RolloutStory& story, const ReleaseBook& book) {
  std::vector<SpanAttribute> attributes{{"livefix.rollout.id", std::int64_t{story.rollout.id}},
                                        {"livefix.rollout.outcome", story.outcome},
                                        {"livefix.services", story.rollout.services}};
  add_text(attributes, "livefix.rollout.commit", story.rollout.commit);
  add_text(attributes, "livefix.rollout.subject", story.rollout.subject);
  add_text(attributes, "livefix.rollout.who", story.who);
  add_text(attributes, "livefix.rollout.gate", story.gate);
  if (const ReleaseRecord* release = book.release(story.rollout.release)) {
    add_text(attributes, "livefix.release", release->name);
  }
  return attributes;
}

}  // namespace

std::vector<TraceSpan> RolloutTraces::on_record(const Recorded& recorded, const ReleaseBook& book) {
  using Spans = std::vector<TraceSpan>;
  return std::visit(
      overloaded{
          [&](const RolloutRecord& rollout) {
            if (open_.size() >= kMostOpen) open_.erase(open_.begin());
            open_[rollout.id] = {recorded.at, {}, {}};
            return Spans{};
          },
          [&](const PhaseRecord& phase) {
            const auto found = open_.find(phase.rollout);
            if (found != open_.end() && !phase.phase.empty()) {
              found->second.phases.push_back({phase.phase, recorded.at});
            }
            if (!phase.line.empty()) note(phase.rollout, recorded.at, phase.line);
            return Spans{};
          },
          [&](const CommandRecord& command) {
            if (command.rollout != 0) {
              note(command.rollout, recorded.at,
                   fmt::format("{} by {}", command.command, recorded.who));
            }
            return Spans{};
          },
          [&](const PromotedRecord& record) { return end(record.rollout, recorded.at, book); },
          [&](const FailedRecord& record) { return end(record.rollout, recorded.at, book); },
          [&](const RollbackRecord& record) {
            open_[record.id] = {recorded.at, {}, {}};
            return end(record.id, recorded.at, book);
          },
          [](const auto&) { return Spans{}; }},
      recorded.record);
}

void RolloutTraces::note(std::uint32_t rollout, WallTime at, const std::string& line) {
  const auto found = open_.find(rollout);
  if (found == open_.end() || found->second.events.size() >= kMostEvents) return;
  found->second.events.push_back({at, harmless_line(line, run_)});
}

std::vector<TraceSpan> RolloutTraces::end(std::uint32_t rollout, WallTime at,
                                          const ReleaseBook& book) {
  const auto found = open_.extract(rollout);
  const RolloutStory* story = book.story(rollout);
  if (!found || !story) return {};
  Open& open = found.mapped();
  const bool is_error = story->outcome != "promoted";
  const std::string trace_id(ids_.next().view());
  const std::string root_id(ids_.next().view().substr(0, kTracedSpanDigits));
  std::vector<TraceSpan> spans{{.trace_id = trace_id,
                                .span_id = root_id,
                                .name = story->is_rollback ? "rollback" : "rollout",
                                .begin = open.began,
                                .end = at,
                                .attributes = attributes_of(*story, book),
                                .events = std::move(open.events),
                                .is_error = is_error}};
  if (!story->message.empty()) {
    const std::string message = harmless_line(story->message, run_);
    if (is_error) spans.front().error = message;
    spans.front().attributes.push_back({"livefix.rollout.message", message});
  }
  // That it is over takes no time.
  if (!open.phases.empty() && open.phases.back().name == story->outcome) open.phases.pop_back();
  for (std::size_t i = 0; i < open.phases.size(); ++i) {
    const bool is_last = i + 1 == open.phases.size();
    spans.push_back({.trace_id = trace_id,
                     .span_id = std::string(ids_.next().view().substr(0, kTracedSpanDigits)),
                     .parent_id = root_id,
                     .name = open.phases[i].name,
                     .begin = open.phases[i].began,
                     .end = is_last ? at : open.phases[i + 1].began});
  }
  return spans;
}

}  // namespace livefix::control
