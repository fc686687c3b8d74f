// What the load pair is told on its command line.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <string>

struct Options {
  enum class Role { kBoth, kBackend, kLoad };

  Role role = Role::kBoth;
  std::string backend = "127.0.0.1:9000";
  std::string target = "127.0.0.1:8080";
  int connections = 64;
  int idle = 0;             // connections more, that send one request and then nothing
  std::size_t body = 1024;  // of an answer
  std::size_t post = 0;     // of a request; 0: GET
  char mark = 'a';          // what bodies of answers are made of: the first byte of the file --mark
  int failing = 0;          // each answer of that number fails: 3 is every third; 0: none
  int status = 500;         // of those
  int paths = 1;            // that are asked for in turn
  double seconds = 3;
  double warm_up = 0.5;
  double rate = 0;
  bool close = false;
  bool slots = false;  // print each latency, in slots of 100 ms
  bool stay = false;   // when all is said, keep the connections and wait to be ended
  int cpu = -1;

  bool serves() const { return role != Role::kLoad; }
  bool loads() const { return role != Role::kBackend; }
};

// Both end the process with a sentence when the text is wrong.
Options parse_options(int count, char** words);
sockaddr_in address_of(const std::string& text);

[[noreturn]] void die(const std::string& what);
