// One recorded exchange as the proxy hands it to control: bytes of a record ring. What is in it
// came from clients and programs, through a process that may have been taken over. Plain values;
// the views are of what was decoded, or of what is to be encoded.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace livefix {

// Why an exchange was recorded.
enum class RecordCause : std::uint8_t {
  healthy,         // one of many that went well
  status,          // the program's answer has a status that counts as a failure
  backend_closed,  // 502: the program ended before it answered
  not_http,        // 502: it answered something that is no HTTP, or too much of it
  timed_out,       // 504: it did not answer in time
  broken_off,      // its answer ended before it was whole
  grpc,            // the answer to a call of gRPC says that the program has failed
};

inline constexpr std::array kRecordCauses = {
    RecordCause::healthy,  RecordCause::status,    RecordCause::backend_closed,
    RecordCause::not_http, RecordCause::timed_out, RecordCause::broken_off,
    RecordCause::grpc};

// "backend_closed": for machines, also on the command line.
std::string_view name_of(RecordCause cause);

struct RecordFrame {
  std::chrono::microseconds time{};  // when it ended, since 1970
  std::chrono::microseconds took{};  // from when the program was given the request
  std::uint64_t request_bytes = 0;   // of the whole body, as far as it came, with its framing
  std::uint64_t answer_bytes = 0;
  UnitId generation{};
  std::uint16_t service_index = 0;
  std::uint16_t status = 0;  // that the client got; of a failed call as model/grpc_status.h has it
  // As its route has counted it (model/route_stats.h), where that is another; 0: it is not.
  std::uint16_t counted_status = 0;
  RecordCause cause = RecordCause::healthy;
  bool request_cut = false;    // there was more of it than is here
  bool answer_cut = false;     // the same of the answer
  bool unfinished = false;     // the exchange ended before the answer was whole
  bool joined = false;         // `line` is what there is
  bool mirrored = false;       // to be asked of a candidate, and not to be kept
  bool trace_begins = false;   // its traceparent was made by the proxy
  std::string_view release{};  // the generation's label, "dev-3"
  std::string_view detail{};   // a sentence of livefix about the failure
  std::string_view route{};    // as it is counted, "/cart/:id"; empty: it is not
  // What the program wrote about a failure, without secrets. Control's, the proxy knows none.
  std::string_view line{};
  std::string_view request{};  // head, as the program got it, and body, with its framing
  std::string_view answer{};   // the same of what the program sent; empty: nothing
};

// The pieces of an encoded frame, for RecordRingWriter::append(): views of `frame` and `fixed`.
struct RecordFrameFixed {
  std::array<char, 64> bytes;
};
std::array<std::string_view, 7> encode_record(const RecordFrame& frame, RecordFrameFixed& fixed);
// How many bytes that will be.
std::size_t encoded_size(const RecordFrame& frame);

// Nothing when the bytes are no frame.
std::optional<RecordFrame> decode_record(std::string_view bytes);

}  // namespace livefix
