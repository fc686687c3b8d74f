// What is sent to a program when a recorded request is sent again, or why it cannot be: with its
// credentials, so that no person may see it. Pure; docs/replay.md has the rules.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/head.h"
#include "model/replay_spec.h"
#include "model/traffic_spec.h"
#include "observe/exchange_record.h"

namespace livefix::control {

// Tells a program that it is asked again; its value is the number of the recorded request.
inline constexpr std::string_view kReplayField = "Livefix-Replay";

struct ReplayRequest {
  std::string bytes;  // head and body
  http::Method method = http::Method::get;
};

// Answers that are compared with each other are asked for as they are; one that is compared with a
// recorded answer that was compressed, as that was asked for.
enum class ReplayCoding { as_recorded, plain };

// GET, HEAD, OPTIONS, and what the service has chosen.
bool is_replayed(std::string_view method, const ReplaySpec& spec);

// Why it cannot be sent again as it was; empty: it can. Methods are no matter here.
std::string_view unfit_for_replay(const observe::ExchangeRecord& record, BackendProtocol backend);

// Of one that is fit. Fields of the connection are made anew (RFC 9110 section 7.6.1); the
// connection ends with the answer.
ReplayRequest replay_request(const observe::ExchangeRecord& record, ReplayCoding coding);

}  // namespace livefix::control
