#include "proxy/exchange_recorder.h"

#include <algorithm>

namespace livefix::proxy {
namespace {

std::chrono::microseconds microseconds(auto duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

}  // namespace

void Recording::add_answer(std::string_view bytes) {
  const std::size_t room = answer_limit - std::min(answer_limit, answer.size());
  answer.append(bytes.substr(0, room));
  answer_cut |= bytes.size() > room;
}

std::unique_ptr<Recording> ExchangeRecorder::begin(std::string request, std::size_t body) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto end = request.find(kEnd);
  const std::size_t head = end == std::string::npos ? request.size() : end + kEnd.size();
  const std::size_t kept = std::min(request.size(), head + body);
  if (open_ == kMostOpen || !writer_.has_room(kept)) {
    writer_.drop();
    return nullptr;
  }
  auto recording = std::make_unique<Recording>();
  recording->request_cut = kept < request.size();
  request.resize(kept);
  recording->request = std::move(request);
  ++open_;
  return recording;
}

void ExchangeRecorder::end(std::unique_ptr<Recording> recording, bool complete) {
  --open_;
  RecordFrame frame;
  frame.time = microseconds(std::chrono::system_clock::now().time_since_epoch());
  frame.took = microseconds(recording->took);
  frame.request_bytes = recording->request_bytes;
  frame.answer_bytes = recording->answer_bytes;
  frame.generation = recording->generation;
  frame.service_index = recording->service_index;
  frame.status = static_cast<std::uint16_t>(recording->status);
  frame.counted_status = static_cast<std::uint16_t>(recording->counted_status);
  frame.cause = recording->cause;
  frame.request_cut = recording->request_cut;
  frame.answer_cut = recording->answer_cut;
  frame.trace_begins = recording->trace_begins;
  frame.unfinished = !complete;
  frame.mirrored = recording->mirrored;
  frame.release = recording->release;
  frame.detail = recording->detail;
  frame.route = recording->route;
  frame.request = recording->request;
  frame.answer = recording->answer;
  RecordFrameFixed fixed;
  writer_.append(encode_record(frame, fixed));
}

}  // namespace livefix::proxy
