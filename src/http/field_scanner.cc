#include "http/field_scanner.h"

namespace livefix::http {
namespace {

Refusal bad_name(char found, bool empty) {
  if (found == '\n') return {400, "a line ends in LF without CR"};
  if (is_blank(found) && !empty) return {400, "there is a blank before the colon of a field"};
  if (found == ':' && empty) return {400, "a field has no name"};
  return {400, "a field name has a character that is not allowed"};
}

Refusal bad_value(char found) {
  if (found == '\n') return {400, "a line ends in LF without CR"};
  return {400, "a field value has a control character"};
}

}  // namespace

ScanOutcome scan_line_end(std::string_view input, std::size_t at) {
  if (at == input.size()) return NeedsMore{};
  if (input[at] == '\n') return Refusal{400, "a line ends in LF without CR"};
  if (input[at] != '\r') return Refusal{400, "a line does not end where it should"};
  if (at + 1 == input.size()) return NeedsMore{};
  if (input[at + 1] != '\n') return Refusal{400, "there is a CR without LF"};
  return Complete{at + 2};
}

ScanOutcome scan_fields(std::string_view input, std::size_t at, FieldList& fields) {
  fields.clear();
  while (at < input.size()) {
    if (input[at] == '\r') return scan_line_end(input, at);
    if (is_blank(input[at])) return Refusal{400, "a field line begins with a blank (folding)"};

    const std::size_t name = at;
    while (at < input.size() && is_token_character(input[at])) ++at;
    if (at == input.size()) return NeedsMore{};
    if (at == name || input[at] != ':') return bad_name(input[at], at == name);
    const std::string_view field_name = input.substr(name, at - name);

    const std::size_t value = at + 1;
    at = find_control(input, value);
    if (at == input.size()) return NeedsMore{};
    if (input[at] != '\r') return bad_value(input[at]);
    const auto line_end = scan_line_end(input, at);
    if (!std::holds_alternative<Complete>(line_end)) return line_end;
    if (!fields.add(
            {field_name, trim_blanks(input.substr(value, at - value)), field_id(field_name)})) {
      return Refusal{431, "there are too many fields"};
    }
    at = std::get<Complete>(line_end).size;
  }
  return NeedsMore{};
}

}  // namespace livefix::http
