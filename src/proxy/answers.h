// Answers that livefix gives itself: short text with a clear sentence.
#pragma once

#include <string>
#include <string_view>

namespace livefix::proxy {

struct Answer {
  int status = 500;
  std::string_view sentence;      // without a full stop
  bool close = true;              // the framing of the request is lost, or the client asked for it
  bool keep_alive_field = false;  // HTTP/1.0 that stays open
  bool head_only = false;         // to HEAD
  bool retry_after = false;
  std::string_view fields{};  // more of them, as lines
  bool to_grpc = false;       // in its own words: its clients look at nothing but grpc-status
};

std::string compose_answer(const Answer& answer);
// The fields that tell a call of gRPC how it ended, as lines.
std::string grpc_trailers(int status, std::string_view sentence);

}  // namespace livefix::proxy
