#include "control/replay_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "observe/answer_diff.h"
#include "observe/error_line.h"

namespace livefix::control {
namespace {

using observe::Answer;
using observe::Differences;
using observe::ExchangeRecord;
using observe::RecordedMessage;
using observe::ShownMessage;

constexpr std::size_t kMostDifferences = 3;  // that are written out
constexpr std::string_view kHidden = "it differs in what is not shown";

template <class Message>
Answer view_of(const Message& message, int status, std::string_view body) {
  Answer answer{status, {}, body, message.cut};
  for (const observe::RecordedField& field : message.fields) {
    answer.fields.emplace_back(field.name, field.value);
  }
  return answer;
}

// Of what nobody may see only the size is told: a NUL makes it bytes for whoever compares.
std::string shown_body(const ShownMessage& shown, const RecordedMessage& message) {
  if (shown.text) return *shown.text;
  std::string body = message.body;
  if (!body.empty()) body.front() = '\0';
  return body;
}

struct Side {
  const RecordedMessage* message;
  int status = 0;
};

// `again`: a second answer of the one that gave `before`; what differs there is noise.
std::string difference(const ExchangeRecord& record, const Side& before, const Side* again,
                       const Side& after, const observe::Redaction& redaction) {
  std::vector<const Side*> sides{&before, &after};
  if (again != nullptr) sides.push_back(again);
  std::vector<const RecordedMessage*> messages;
  std::vector<Answer> raw;
  for (const Side* side : sides) {
    messages.push_back(side->message);
    raw.push_back(view_of(*side->message, side->status, side->message->body));
  }
  const auto diff_of = [&](const std::vector<Answer>& answers) {
    const auto noise = again != nullptr ? observe::learn(answers[0], answers[2]) : observe::Noise{};
    return observe::diff(answers[0], answers[1], noise);
  };
  // Whether they differ is said by what they are; how, by what may be seen of it.
  if (diff_of(raw).empty()) return "";
  const auto shown = redaction.show_answers(record, messages);
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    bodies.push_back(shown_body(shown[i], *messages[i]));
  }
  std::vector<Answer> seen;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    seen.push_back(view_of(shown[i], sides[i]->status, bodies[i]));
  }
  const Differences found = diff_of(seen);
  return found.empty() ? std::string(kHidden) : observe::phrase(found, kMostDifferences);
}

// Lines of a page, too: pages of errors have the error in their marks.
std::vector<std::string> lines_of_page(std::string_view text) {
  std::vector<std::string> lines(1);
  bool in_mark = false;
  for (const char c : text) {
    if (c == '<') in_mark = true;
    if (c == '\n' || c == '<') {
      if (!lines.back().empty()) lines.emplace_back();
    } else if (!in_mark) {
      lines.back() += c;
    }
    if (c == '>') in_mark = false;
  }
  return lines;
}

// "TypeError" of "TypeError: x is undefined"; empty: the answer names none.
std::string error_name(const ShownMessage& answer) {
  if (!answer.text) return "";
  const std::string line = observe::error_line(lines_of_page(*answer.text));
  const std::string name = line.substr(0, line.find_first_of(": "));
  const bool is_name = name.size() <= 60 &&
                       std::ranges::all_of(name,
                                           [](char c) {
                                             return (c >= 'a' && c <= 'z') ||
                                                    (c >= 'A' && c <= 'Z') ||
                                                    (c >= '0' && c <= '9') || c == '_' || c == '.';
                                           }) &&
                       (name.ends_with("Error") || name.ends_with("Exception"));
  return is_name ? name : "";
}

// What the recorded exchange would be, had it been sent now.
ReplayEnd recorded_end(const ExchangeRecord& record) {
  switch (record.cause) {
    case RecordCause::backend_closed:
      return ReplayEnd::closed;
    case RecordCause::not_http:
      return ReplayEnd::not_http;
    case RecordCause::timed_out:
      return ReplayEnd::timed_out;
    case RecordCause::broken_off:
      return ReplayEnd::broken_off;
    case RecordCause::healthy:
    case RecordCause::status:
    case RecordCause::grpc:
      break;
  }
  return ReplayEnd::whole;
}

}  // namespace

std::string_view name_of(ReplayOutcome outcome) {
  switch (outcome) {
    case ReplayOutcome::unchanged:
      return "unchanged";
    case ReplayOutcome::differs:
      return "differs";
    case ReplayOutcome::fixed:
      return "fixed";
    case ReplayOutcome::fails_alike:
      return "fails_alike";
    case ReplayOutcome::fails_otherwise:
      return "fails_otherwise";
    case ReplayOutcome::fails_now:
      return "fails_now";
    case ReplayOutcome::not_sent:
      break;
  }
  return "not_sent";
}

bool fails(ReplayOutcome outcome) {
  return outcome == ReplayOutcome::fails_alike || outcome == ReplayOutcome::fails_otherwise ||
         outcome == ReplayOutcome::fails_now;
}

bool is_failure(const ReplayAnswer& answer, const RecordSpec& spec) {
  return !answer.is_there() || answer.status >= 500 ||
         std::ranges::find(spec.statuses, answer.status) != spec.statuses.end();
}

std::string text_of(const ReplayAnswer& answer) {
  if (answer.end == ReplayEnd::whole || answer.end == ReplayEnd::too_large) {
    return std::to_string(answer.status);
  }
  return std::string(word_of(answer.end));
}

ReplayComparison compare_with_record(const ExchangeRecord& record, const ReplayAnswer& answer,
                                     const observe::Redaction& redaction, const RecordSpec& spec) {
  using enum ReplayOutcome;
  const bool failed = record.is_failure();
  const bool fails_today = is_failure(answer, spec);
  const bool both_answered =
      recorded_end(record) == ReplayEnd::whole && answer.is_there() && record.status != 0;
  if (failed && !fails_today) {
    const auto shown = redaction.show_answers(record, {&record.answer});
    const std::string error = error_name(shown.front());
    return {fixed, error.empty() ? "fixed" : error + " gone"};
  }
  const std::string changed = both_answered
                                  ? difference(record, {&record.answer, record.status}, nullptr,
                                               {&answer.message, answer.status}, redaction)
                                  : "";
  if (!failed) {
    if (fails_today) return {fails_now, changed.empty() ? "fails now" : "fails now: " + changed};
    return changed.empty() ? ReplayComparison{unchanged, "unchanged"}
                           : ReplayComparison{differs, changed};
  }
  const bool is_alike =
      both_answered ? record.status == answer.status : recorded_end(record) == answer.end;
  if (!is_alike) return {fails_otherwise, "still fails, but otherwise"};
  return {fails_alike, changed.empty() ? "still fails" : "still fails; " + changed};
}

std::string difference_between(const ExchangeRecord& record, const ReplayAnswer& old,
                               const ReplayAnswer& old_again, const ReplayAnswer& candidate,
                               const observe::Redaction& redaction) {
  const Side again{&old_again.message, old_again.status};
  return difference(record, {&old.message, old.status}, &again,
                    {&candidate.message, candidate.status}, redaction);
}

}  // namespace livefix::control
