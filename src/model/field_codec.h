// How codec.cc makes bytes of a value: any aggregate of numbers, enums, strings, vectors,
// optionals, variants, durations, points in time and other aggregates goes field by field,
// little-endian, lengths as 32 bits. Reading trusts nothing: a length beyond the input or an
// unknown alternative are errors.
//
// Of no use elsewhere: each of the large variants takes seconds to compile.
#pragma once

#include <array>
#include <bit>
#include <boost/pfr/core.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace livefix::codec {

static_assert(std::endian::native == std::endian::little, "the codec copies integers as they lie");

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_variant : std::false_type {};
template <class... T>
struct is_variant<std::variant<T...>> : std::true_type {};
template <class T>
struct is_duration : std::false_type {};
template <class R, class P>
struct is_duration<std::chrono::duration<R, P>> : std::true_type {};
template <class T>
struct is_time_point : std::false_type {};
template <class C, class D>
struct is_time_point<std::chrono::time_point<C, D>> : std::true_type {};
template <class T>
struct is_array : std::false_type {};
template <class T, std::size_t N>
struct is_array<std::array<T, N>> : std::true_type {};

class FieldWriter {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      put(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      char raw[sizeof(T)];
      std::memcpy(raw, &value, sizeof raw);
      bytes.append(raw, sizeof raw);
    } else if constexpr (std::is_enum_v<T>) {
      put(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
      put(static_cast<std::uint32_t>(value.size()));
      bytes.append(value);
    } else if constexpr (is_vector<T>::value) {
      put(static_cast<std::uint32_t>(value.size()));
      for (const auto& element : value) put(element);
    } else if constexpr (is_array<T>::value) {
      for (const auto& element : value) put(element);
    } else if constexpr (is_optional<T>::value) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (is_variant<T>::value) {
      put(static_cast<std::uint8_t>(value.index()));
      std::visit([&](const auto& alternative) { put(alternative); }, value);
    } else if constexpr (is_duration<T>::value) {
      put(static_cast<std::int64_t>(value.count()));
    } else if constexpr (is_time_point<T>::value) {
      put(value.time_since_epoch());
    } else {
      boost::pfr::for_each_field(value, [&](const auto& field) { put(field); });
    }
  }

  std::string bytes;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view input) : input_(input) {}

  template <class T>
  [[nodiscard]] bool get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t raw = 0;
      if (!get(raw) || raw > 1) return false;
      value = raw == 1;
      return true;
    } else if constexpr (std::is_arithmetic_v<T>) {
      if (input_.size() < sizeof(T)) return false;
      std::memcpy(&value, input_.data(), sizeof(T));
      input_.remove_prefix(sizeof(T));
      return true;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      if (!get(raw)) return false;
      value = static_cast<T>(raw);
      return true;
    } else if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t size = 0;
      if (!get(size) || size > input_.size()) return false;
      value.assign(input_.substr(0, size));
      input_.remove_prefix(size);
      return true;
    } else if constexpr (is_vector<T>::value) {
      std::uint32_t size = 0;
      if (!get(size) || size > input_.size()) return false;  // an element has at least a byte
      value.clear();
      for (std::uint32_t i = 0; i < size; ++i) {
        if (!get(value.emplace_back())) return false;
      }
      return true;
    } else if constexpr (is_array<T>::value) {
      for (auto& element : value) {
        if (!get(element)) return false;
      }
      return true;
    } else if constexpr (is_optional<T>::value) {
      bool present = false;
      if (!get(present)) return false;
      if (!present) {
        value.reset();
        return true;
      }
      typename T::value_type content{};  // read apart: GCC 12 takes emplace() for a use of nothing
      if (!get(content)) return false;
      value = std::move(content);
      return true;
    } else if constexpr (is_variant<T>::value) {
      std::uint8_t index = 0;
      return get(index) && get_alternative(value, index);
    } else if constexpr (is_duration<T>::value) {
      std::int64_t count = 0;
      if (!get(count)) return false;
      value = T{count};
      return true;
    } else if constexpr (is_time_point<T>::value) {
      typename T::duration since_epoch{};
      if (!get(since_epoch)) return false;
      value = T{since_epoch};
      return true;
    } else {
      bool whole = true;
      boost::pfr::for_each_field(value, [&](auto& field) { whole = whole && get(field); });
      return whole;
    }
  }

  bool at_end() const { return input_.empty(); }

 private:
  template <std::size_t I = 0, class... T>
  [[nodiscard]] bool get_alternative(std::variant<T...>& value, std::size_t index) {
    if constexpr (I == sizeof...(T)) {
      return false;
    } else {
      return index == I ? get(value.template emplace<I>()) : get_alternative<I + 1>(value, index);
    }
  }

  std::string_view input_;
};

}  // namespace livefix::codec
