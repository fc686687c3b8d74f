// How a call of gRPC has ended. Its answer has the status 200 whatever becomes of it, and is whole
// as soon as its trailers are there: they say whether the program has failed. A client that leaves
// before that, at its deadline say, has cancelled the call, and that is no failure of the
// program's; an answer that breaks off is one of any protocol (exchange_failure.cc).
#include <fmt/format.h>

#include "model/grpc_status.h"
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

int Exchange::counted_status() const {
  if (!grpc_answer_) return status_;
  // Clients take an answer that does not say how it ended for UNKNOWN.
  const int code = grpc_answer_->code().value_or(kGrpcUnknown);
  return is_grpc_failure(code) ? status_of_grpc_failure(code) : status_;
}

void Exchange::record_grpc_failure(int code) {
  std::string sentence = "the program ended its answer without a grpc-status";
  if (grpc_answer_->code()) {
    const std::string message = grpc_answer_->message();
    sentence = fmt::format("the program ended the call with {}{}{}", grpc_code_name(code),
                           message.empty() ? "" : ": ", message);
  }
  note_failure(RecordCause::grpc, status_of_grpc_failure(code), sentence);
}

}  // namespace livefix::proxy
