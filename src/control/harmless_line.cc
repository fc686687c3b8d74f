#include "control/harmless_line.h"

#include <vector>

#include "base/utf8.h"
#include "observe/secret_text.h"

namespace livefix::control {

std::string harmless_line(std::string_view text, const RunSpec& run) {
  std::vector<std::string> names;
  for (const ServiceSpec& service : run.services) {
    const auto& redact = service.traffic.record.redact;
    names.insert(names.end(), redact.begin(), redact.end());
  }
  const observe::SecretNames secret(names);
  return valid_utf8(observe::SecretText(secret).free(text.substr(0, text.find('\n'))));
}

}  // namespace livefix::control
