#include "cli/record_section.h"

#include <algorithm>

#include "base/result.h"
#include "cli/config_problems.h"

namespace livefix::cli {
namespace {

constexpr double kAll = 100;                     // percent
constexpr std::uint64_t kLeastMemory = 1 << 20;  // below that hardly a failure has room
constexpr std::uint64_t kMostMemory = 1ULL << 30;
constexpr NumberRange kStatuses{400, 599};

Result<std::string> parse_secret(const std::string& text) {
  constexpr std::size_t kLongest = 128;
  const auto fits = [](char c) { return c > ' ' && c != 0x7f && c != '"'; };
  if (text.empty() || text.size() > kLongest || !std::ranges::all_of(text, fits)) {
    return fail("{} is no name of a field; write \"X-Customer\" or \"iban\"", in_quotes(text));
  }
  return text;
}

void read_statuses(ConfigTable& table, std::vector<std::uint16_t>& into) {
  const auto value = table.find("statuses");
  if (!value) return;
  for (const auto& element : value->elements("[409, 422]")) {
    const auto status = element.number(kStatuses);
    if (status) into.push_back(static_cast<std::uint16_t>(*status));
  }
}

// "0" for nothing, or so much that it is of use.
void read_memory(ConfigTable& table, std::uint64_t& into) {
  const auto value = table.find("memory");
  const auto size = value ? value->size(0, kMostMemory) : std::nullopt;
  if (!size) return;
  if (*size > 0 && *size < kLeastMemory) {
    value->refuse(R"(it is too little; write "1MiB" or more, or "0" to record nothing)");
    return;
  }
  into = *size;
}

}  // namespace

void read_record(ConfigTable& service, RecordSpec& record) {
  auto table = service.read_table("record", R"({ healthy = "1%", body = "64KiB" })");
  if (!table) return;
  table->read_truth("failures", record.failures);
  read_statuses(*table, record.statuses);
  table->read_share("healthy", record.healthy, R"("1%")", kAll);
  table->read_size("body", record.body, 0, RecordSpec::kMostBody);
  read_memory(*table, record.memory);
  table->read_texts("redact", record.redact, R"(["X-Customer", "iban"])", parse_secret);
  table->refuse_unknown_keys();
}

}  // namespace livefix::cli
