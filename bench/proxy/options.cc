#include "options.h"

#include <arpa/inet.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

Options::Role role_of(std::string_view name) {
  if (name == "both") return Options::Role::kBoth;
  if (name == "backend") return Options::Role::kBackend;
  if (name == "load") return Options::Role::kLoad;
  die("no role " + std::string(name) + ": both, backend, load");
}

char first_byte_of(const char* path) {
  std::FILE* file = std::fopen(path, "r");
  const int byte = file ? std::fgetc(file) : EOF;
  if (byte == EOF) die("no mark in " + std::string(path));
  std::fclose(file);
  return static_cast<char>(byte);
}

// Whether it is an option without a value.
bool set_flag(Options& options, std::string_view name) {
  if (name == "--close")
    options.close = true;
  else if (name == "--slots")
    options.slots = true;
  else if (name == "--stay")
    options.stay = true;
  else
    return false;
  return true;
}

void set_value(Options& options, std::string_view name, const char* value) {
  if (name == "--role")
    options.role = role_of(value);
  else if (name == "--backend")
    options.backend = value;
  else if (name == "--target")
    options.target = value;
  else if (name == "--connections")
    options.connections = std::atoi(value);
  else if (name == "--idle")
    options.idle = std::atoi(value);
  else if (name == "--body")
    options.body = std::strtoull(value, nullptr, 10);
  else if (name == "--post")
    options.post = std::strtoull(value, nullptr, 10);
  else if (name == "--mark")
    options.mark = first_byte_of(value);
  else if (name == "--failing")
    options.failing = std::atoi(value);
  else if (name == "--status")
    options.status = std::atoi(value);
  else if (name == "--paths")
    options.paths = std::atoi(value);
  else if (name == "--seconds")
    options.seconds = std::atof(value);
  else if (name == "--warm-up")
    options.warm_up = std::atof(value);
  else if (name == "--rate")
    options.rate = std::atof(value);
  else if (name == "--cpu")
    options.cpu = std::atoi(value);
  else
    die("unknown option " + std::string(name));
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "loadpair: %s\n", what.c_str());
  std::exit(1);
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("no address: " + text);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return address;
}

Options parse_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = words[i];
    if (set_flag(options, name)) continue;
    if (i + 1 >= count) die("a value is missing for " + std::string(name));
    set_value(options, name, words[++i]);
  }
  return options;
}
