// [[notify]] of a configuration file: who is told of what happens. docs/configuration.md tells
// users what each key means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/notify_spec.h"

namespace livefix::cli {

class ConfigValue;

// Of all [[notify]]. What is wrong becomes a problem. Paths of the file are relative to
// `directory`.
std::vector<NotifySpec> read_receivers(const ConfigValue& notify, const std::string& directory);

// The error says what to write, and shows nothing of the URL: that may be a secret.
Result<WebAddress> parse_web_address(std::string_view text);

// Of a variable that has to be there and not empty. The error never shows what may be the secret.
Result<std::string> variable_with_secret(const std::string& name);

}  // namespace livefix::cli
