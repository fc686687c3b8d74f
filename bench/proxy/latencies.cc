#include "latencies.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace {

using Seconds = std::chrono::duration<double>;

constexpr float kSlot = 0.1F;  // seconds

double unix_now() {
  return Seconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Latencies::Latencies() {
  samples_.reserve(2'000'000);
}

void Latencies::begin(Clock::time_point now) {
  begin_ = now;
  begin_unix_ = unix_now();
  errors_ = bytes_ = 0;
}

void Latencies::add(Clock::time_point due, Clock::time_point answered) {
  samples_.push_back({static_cast<float>(Seconds(answered - begin_).count()),
                      static_cast<float>(Seconds(answered - due).count() * 1e6)});
}

void Latencies::saw(char mark) {
  if (first_mark_ == 0) first_mark_ = mark;
  if (mark == first_mark_) {
    last_old_unix_ = unix_now();
  } else if (switched_unix_ == 0) {
    switched_unix_ = unix_now();
  }
}

void Latencies::print(Clock::time_point end, bool slots) {
  std::printf("{\"seconds\":%.3f,\"requests\":%zu,\"errors\":%llu,\"bytes\":%llu,",
              Seconds(end - begin_).count(), samples_.size(),
              static_cast<unsigned long long>(errors_), static_cast<unsigned long long>(bytes_));
  if (slots) print_slots();
  std::ranges::sort(samples_, {}, &Sample::latency);
  const auto at = [this](double share) {
    if (samples_.empty()) return 0.0F;
    const auto index = static_cast<std::size_t>(share * static_cast<double>(samples_.size()));
    return samples_[std::min(index, samples_.size() - 1)].latency;
  };
  std::printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n", at(0.5), at(0.99), at(1.0));
  std::fflush(stdout);
}

void Latencies::print_slots() const {
  std::printf("\"begin_unix\":%.6f,\"switched_unix\":%.6f,\"last_old_unix\":%.6f,\"slots\":[[",
              begin_unix_, switched_unix_, last_old_unix_);
  int slot = 0;
  std::string_view comma;
  for (const auto& sample : samples_) {  // in the order of their answers
    for (; sample.answered >= kSlot * static_cast<float>(slot + 1); ++slot, comma = "")
      std::fputs("],[", stdout);
    std::printf("%.*s%.0f", static_cast<int>(comma.size()), comma.data(), sample.latency);
    comma = ",";
  }
  std::fputs("]],", stdout);
}
