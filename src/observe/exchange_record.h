// A recorded exchange, taken apart: as it was, secrets and all. What a person sees is made of it by
// observe/redaction.h and by nothing else. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/record_frame.h"

namespace livefix::observe {

struct RecordedField {
  std::string name;
  std::string value;
};

// The value of the first of that name, which is in lower case; empty: there is none.
std::string_view field_of(const std::vector<RecordedField>& fields, std::string_view name);

struct RecordedMessage {
  std::string first_line;  // "GET / HTTP/1.1", "HTTP/1.1 500 Oh"; empty: there is no message
  std::vector<RecordedField> fields;
  std::string body;         // without the framing of chunks
  std::uint64_t bytes = 0;  // of the whole body, as far as it came, with its framing
  bool cut = false;         // there was more than is here

  std::string_view field(std::string_view name) const { return field_of(fields, name); }
};

struct ExchangeRecord {
  std::uint64_t id = 0;
  std::chrono::system_clock::time_point time;  // when it ended
  std::chrono::microseconds took{};
  std::size_t service_index = 0;
  UnitId generation{};
  std::string release;
  RecordCause cause = RecordCause::healthy;
  int status = 0;           // that the client got; of a failed call as model/grpc_status.h has it
  int counted_status = 0;   // as its route has counted it
  std::string detail;       // a sentence of livefix about the failure; empty: none
  bool unfinished = false;  // it ended before the answer was whole
  std::string method;
  std::string target;
  std::string route;          // /cart/:id
  std::string traceparent;    // a valid one, as the program got it; empty: there was none
  bool trace_begins = false;  // the proxy made it
  bool joined = false;        // it was looked for the line that the program wrote about it
  std::string line;           // without secrets; empty: there was none
  RecordedMessage request;
  RecordedMessage answer;

  bool is_failure() const { return cause != RecordCause::healthy; }
};

// Of anything that decode_record() lets pass: what is no HTTP is taken apart as far as it goes.
ExchangeRecord parse_exchange(std::uint64_t id, const RecordFrame& frame);

// The same without its messages, for whoever only counts it.
ExchangeRecord parse_exchange_briefly(std::uint64_t id, const RecordFrame& frame);

// What exchanges have in common that show the same: "POST /cart/:id 500". Also of a frame, without
// taking all of it apart.
std::string kind_of(const RecordFrame& frame);

}  // namespace livefix::observe
