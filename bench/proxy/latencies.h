// The latencies of one measurement, and the line of JSON that is made of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

class Latencies {
 public:
  using Clock = std::chrono::steady_clock;

  Latencies();
  void begin(Clock::time_point now);
  void add(Clock::time_point due, Clock::time_point answered);
  void fail() { ++errors_; }
  void received(std::uint64_t bytes) { bytes_ += bytes; }
  // An answer's body was made of `mark`. The first of another kind is the moment of a switch, the
  // last of the first kind its end.
  void saw(char mark);

  // Microseconds, and in Unix seconds when it began and when the mark changed (0: it did not).
  // With slots also each latency, in slots of 100 ms.
  void print(Clock::time_point end, bool slots);

 private:
  struct Sample {
    float answered;  // seconds after the begin
    float latency;   // microseconds
  };

  void print_slots() const;

  std::vector<Sample> samples_;
  Clock::time_point begin_;
  double begin_unix_ = 0;
  double switched_unix_ = 0;
  double last_old_unix_ = 0;
  char first_mark_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t bytes_ = 0;
};
