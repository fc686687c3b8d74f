// One question to the livefix that is meant, for commands that print what it says.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/api_client.h"
#include "cli/service_locator.h"

namespace livefix::cli {

// The body of its answer. The int is an exit status, after a sentence: none is meant, it does not
// answer, or it said why not. `command` ("livefix history") is for that sentence.
std::expected<std::string, int> ask_running(const ServiceChoice& choice, std::string_view command,
                                            const ApiRequest& request);

// The same where the answer is an outcome, which is printed. Returns the exit status.
int ask_and_print(const ServiceChoice& choice, std::string_view command, const ApiRequest& request);

}  // namespace livefix::cli
