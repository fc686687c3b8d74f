// A recorded request as a command for a shell, with its secrets hidden: whoever wants to send it
// fills them in. Pure.
#pragma once

#include <string>

#include "observe/redaction.h"

namespace livefix::observe {

// curl -X POST 'http://shop.example/checkout' -H '...' --data-raw '...'. What cannot be sent (a
// body that is binary or cut) is said in a comment in front of it.
std::string curl_text(const ShownExchange& exchange);

}  // namespace livefix::observe
