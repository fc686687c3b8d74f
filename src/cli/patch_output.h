// Prints patches that the control API handed out: in colour and harmless on a terminal, byte for
// byte elsewhere, so that `git apply` takes them.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "base/result.h"
#include "cli/service_options.h"

namespace livefix::cli {

// That of one object of an answer, on standard output. A line on standard error says where it was
// cut.
Status print_patch(const boost::json::object& object, const UserInterface& user);

// The colour of a heading, where there are any.
std::string heading(std::string_view text, const UserInterface& user);

}  // namespace livefix::cli
