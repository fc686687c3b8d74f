// What control does with bytes that a proxy which was taken over may have written. The first two
// bytes say where the ring's indexes are, the rest is what is in it from its start on: the reader
// ends, and gives out no more than a ring holds. Each record is then kept, taken apart, redacted
// and written in all ways there are; a password that a client's field named as one is in none of
// them.
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>
#include <vector>

#include "fuzz_check.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "observe/curl_text.h"
#include "observe/har.h"
#include "observe/recorder.h"
#include "observe/redaction.h"

using namespace livefix;

namespace {

constexpr std::string_view kSecret = "zq7-hunter2-qz";

std::string all_of(const observe::ShownExchange& shown) {
  std::string text = observe::curl_text(shown) + boost::json::serialize(observe::har(shown));
  text += shown.about().target + '\n' + shown.about().route;
  for (const auto* message : {&shown.request(), &shown.answer()}) {
    text += '\n' + message->first_line + '\n' + message->type + '\n' + message->text.value_or("");
  }
  return text;
}

void look_at(std::string_view bytes) {
  const auto frame = decode_record(bytes);
  if (!frame) return;
  static std::vector<std::uint64_t> memory(1 << 14);
  observe::Recorder recorder({reinterpret_cast<char*>(memory.data()), memory.size() * 8},
                             {1 << 17});
  recorder.add(bytes);
  for (auto& record : recorder.newest({}, 2)) all_of(observe::Redaction().show(std::move(record)));
}

void look_at_exchange(std::string_view bytes) {
  RecordFrame frame;
  const std::string request = "POST / HTTP/1.1\r\nX-Api-Key: " + std::string(kSecret) + "\r\n";
  const auto half = bytes.size() / 2;
  const std::string whole = request + std::string(bytes.substr(0, half));
  frame.request = whole;
  frame.answer = bytes.substr(half);
  const auto shown = observe::Redaction().show(observe::parse_exchange(1, frame));
  check(all_of(shown).find(kSecret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const auto ring = std::make_unique<RecordRing>();
  const std::string_view bytes = view(data + 2, std::min(size - 2, RecordRing::kBytes));
  ring->bytes.fill('\0');
  std::ranges::copy(bytes, ring->bytes.begin());
  ring->tail = std::uint64_t{data[0]};
  ring->head = std::uint64_t{data[1]} * std::uint64_t{data[1]};
  RecordRingReader reader(*ring);
  std::size_t taken = 0;
  while (const auto record = reader.next()) {
    taken += RecordRing::space_of(record->size());
    check(taken <= RecordRing::kBytes);
    look_at(*record);
    reader.done();
  }
  look_at(bytes);
  look_at_exchange(bytes);
  return 0;
}
