#include "control/push_verdict.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "control/phrases.h"

namespace livefix::control {

std::string PushVerdict::json() const {
  return boost::json::serialize(boost::json::object{{"ok", ok},
                                                    {"outcome", outcome},
                                                    {"gate", gate},
                                                    {"commit", commit},
                                                    {"took_ms", took.count()},
                                                    {"message", valid_utf8(message)}});
}

}  // namespace livefix::control
