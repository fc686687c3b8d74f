// Where a request says that it wants to see a release before others do: a field, a cookie, or for
// once a parameter of its target (docs/preview.md). What it says is a pass, which only livefix may
// read: programs see none of the three. Pure; views of what they were given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/head_writer.h"

namespace livefix::http {

// Of the request with a pass as its value, and of the answer, which says what has answered.
inline constexpr std::string_view kPreviewField = "Livefix-Preview";
// The name of the cookie, and of the parameter.
inline constexpr std::string_view kPreviewCookie = "livefix-preview";

// The pass of a request: of the field, where there is one, else of the cookie. Empty: none.
std::string_view preview_pass(const RequestHead& head);

struct PreviewLink {
  std::string_view pass;
  // The same place without the parameter, fit for a Location: it leads to the host that was asked
  // and nowhere else.
  std::string place;
};
// Of a target in origin form with such a parameter.
std::optional<PreviewLink> preview_link(std::string_view target);

// A Cookie field without that cookie; no field where nothing is left of it.
void write_cookies(HeadWriter& out, const Field& field);

}  // namespace livefix::http
