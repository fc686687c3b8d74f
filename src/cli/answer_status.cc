#include "cli/answer_status.h"

#include "cli/json_fields.h"
#include "model/grpc_status.h"

namespace livefix::cli {

std::string answer_status(const boost::json::object& object) {
  if (object.contains("grpc_status")) {
    return grpc_status_text(static_cast<int>(number_at(object, "grpc_status")));
  }
  const auto status = number_at(object, "status");
  return status > 0 ? std::to_string(status) : std::string();
}

}  // namespace livefix::cli
