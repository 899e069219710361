// What the tests of machines share at their edges: what the environment gives, and names that gtest takes.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace fuzz {

/// Of the programs that are drawn: 1, or what PORTOLAN_FUZZ_SEED makes of it.
inline std::uint64_t first_seed() {
  const char* const text = std::getenv("PORTOLAN_FUZZ_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10) * 1'000'000'007;
}

/// The bytes that PORTOLAN_FUZZ_STEPS holds in hexadecimal digits; nothing if it is not set.
inline std::optional<std::vector<std::uint8_t>> given_bytes() {
  const char* const text = std::getenv("PORTOLAN_FUZZ_STEPS");
  if (text == nullptr) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::string hex = text; hex.size() >= 2; hex.erase(0, 2)) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(0, 2), nullptr, 16)));
  }
  return bytes;
}

/// The name of a kind with an underline for each sign that the name of a test cannot have.
inline std::string test_name(std::string kind) {
  for (char& each : kind) each = std::isalnum(static_cast<unsigned char>(each)) ? each : '_';
  return kind;
}

}  // namespace fuzz
