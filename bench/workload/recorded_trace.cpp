// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/recorded_trace.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace portolan::workload {
namespace {

// The number behind `words`, wherever they stand in the line.
std::optional<std::uint64_t> number_after(std::string_view line, std::string_view words) {
  const std::size_t at = line.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const char* first = line.data() + at + words.size();
  if (std::from_chars(first, line.data() + line.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace

recorded_note read_note(std::string_view line) {
  using kind = recorded_note::kind;
  if (const auto version = number_after(line, "# portolan-trace ")) return {kind::heading, *version};
  if (line.starts_with("# missing ")) {
    if (const auto number = number_after(line, "# missing ")) return {kind::missing, *number};
  }
  if (line.starts_with("# end: ")) {
    if (const auto number = number_after(line, " missing=")) return {kind::end, *number};
  }
  return {};
}

bool unescape_key(std::string& key) {
  if (key.find('\\') == std::string::npos) return true;
  std::string plain;
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (key[at] != '\\') {
      plain += key[at];
      continue;
    }
    const char code = ++at < key.size() ? key[at] : '\0';
    if (code == '\\') {
      plain += code;
    } else if (code == 'x' && at + 2 < key.size()) {
      unsigned byte = 0;
      const char* digits = key.data() + at + 1;
      if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return false;
      plain += static_cast<char>(byte);
      at += 2;
    } else if (code != 'e' || key.size() != 2) {
      return false;
    }
  }
  key = std::move(plain);
  return true;
}

void in_order_of_time(std::vector<event>& events) {
  const auto earlier = [](const event& a, const event& b) { return a.time_us < b.time_us; };
  if (!std::is_sorted(events.begin(), events.end(), earlier)) std::stable_sort(events.begin(), events.end(), earlier);
  const std::uint64_t first_us = events.empty() ? 0 : events.front().time_us;
  for (event& e : events) e.time_us -= first_us;
}

}  // namespace portolan::workload
