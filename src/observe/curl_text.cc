#include "observe/curl_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/characters.h"

namespace livefix::observe {
namespace {

// What curl writes itself, or livefix has added on the way.
constexpr std::array<std::string_view, 9> kLeftOut = {
    "host",      "content-length",  "connection",        "transfer-encoding",
    "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
    "via"};

// One word of a POSIX shell, whatever is in it.
std::string single_quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += R"('\'')";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

}  // namespace

std::string curl_text(const ShownExchange& exchange) {
  const ShownMessage& request = exchange.request();
  const std::string& method = exchange.about().method;
  std::string notes;
  if (request.cut) notes += "# only the beginning of the request was recorded\n";
  if (!request.text) notes += "# its body is binary and not shown\n";
  std::string command = "curl -sS -i";
  const bool has_body = request.text && !request.text->empty();
  if (method == "HEAD") {
    command += " --head";
  } else if (method != (has_body ? "POST" : "GET")) {
    command += " -X " + single_quoted(method);
  }
  const auto host = field_of(request.fields, "host");
  const std::string& target = exchange.about().target;
  command +=
      " \\\n  " + single_quoted(fmt::format("http://{}{}", host.empty() ? "localhost" : host,
                                            target.starts_with('/') ? target : '/' + target));
  for (const RecordedField& field : request.fields) {
    const bool is_left_out = std::ranges::any_of(kLeftOut, [&field](std::string_view name) {
      return http::equals_lowercase(field.name, name);
    });
    if (!is_left_out) command += " \\\n  -H " + single_quoted(field.name + ": " + field.value);
  }
  // Not --data, which takes a leading @ for the name of a file.
  if (has_body) command += " \\\n  --data-raw " + single_quoted(*request.text);
  return notes + command + '\n';
}

}  // namespace livefix::observe
