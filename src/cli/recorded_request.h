// Recorded requests, as the control API tells of them and a person reads them (docs/recorder.md).
// What is in them came from strangers: nothing of it may act on the terminal. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace livefix::cli {

struct RecordedLine {
  std::int64_t id = 0;
  std::string time;  // RFC 3339
  std::string service;
  std::string release;
  std::string method;
  std::string target;
  std::int64_t status = 0;
  std::string cause;  // "backend_closed"
  std::string ended;  // as answer_status() has it
  double took_ms = 0;
};

struct RecordedList {
  std::vector<RecordedLine> requests;  // newest first
  std::int64_t dropped = 0;            // could not be recorded
};

struct RecordedMessage {
  bool is_there = false;
  std::string first_line;
  std::vector<std::pair<std::string, std::string>> fields;
  bool is_binary = false;
  std::string text;
  std::int64_t size = 0;  // of the body that is kept
  bool cut = false;
};

struct RecordedRequest {
  RecordedLine about;
  std::string detail;
  std::string trace;  // the id of its trace; empty: there is none
  bool unfinished = false;
  RecordedMessage request;
  RecordedMessage answer;
};

Result<RecordedList> parse_recorded_list(std::string_view text);
Result<RecordedRequest> parse_recorded_request(std::string_view text);

std::string recorded_table(const RecordedList& list);
std::string recorded_text(const RecordedRequest& request);

// For the terminal (terminal_text.h), the last line with its end.
std::string whole_lines(std::string_view text);

}  // namespace livefix::cli
