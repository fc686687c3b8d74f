// How a request ended, as the control API says it: "status", and "grpc_status" of a call of gRPC
// that has failed. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace livefix::cli {

// "500", "grpc 13 INTERNAL"; empty: it is not there.
std::string answer_status(const boost::json::object& object);

}  // namespace livefix::cli
