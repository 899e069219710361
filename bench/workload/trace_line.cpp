// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One line of a trace in CSV and in the form of the public cache traces; redis_line.cpp has the third form.
#include <algorithm>
#include <charconv>

#include "bench/workload/trace.hpp"

namespace portolan::workload {
namespace {

// The words for an operation, of both CSV forms.
constexpr struct {
  std::string_view word;
  action what;
} words[] = {
    {"find", action::find},      {"get", action::find},       {"gets", action::find},    {"read", action::find},
    {"load", action::find},      {"contains", action::find},  {"lookup", action::find},  {"insert", action::insert},
    {"add", action::insert},     {"setnx", action::insert},   {"set", action::assign},   {"put", action::assign},
    {"store", action::assign},   {"assign", action::assign},  {"write", action::assign}, {"update", action::assign},
    {"upsert", action::assign},  {"replace", action::assign}, {"cas", action::assign},   {"append", action::assign},
    {"prepend", action::assign}, {"incr", action::assign},    {"decr", action::assign},  {"erase", action::erase},
    {"delete", action::erase},   {"del", action::erase},      {"remove", action::erase},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0)); });
  return out;
}

std::optional<action> action_of(std::string_view word) {
  const std::string small = lower(word);
  for (const auto& known : words) {
    if (known.word == small) return known.what;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint32_t value_size(std::uint64_t bytes) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, operation::longest_value));
}

// The fields of a CSV line; "" inside a quoted field is one quote. Empty: a quote was not closed.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) fields.clear();
  return fields;
}

parsed_line bad(std::string expected) {
  parsed_line line;
  line.expected = std::move(expected);
  return line;
}

}  // namespace

parsed_line parse_csv(std::string_view line, std::uint64_t line_number) {
  if (line.empty() || line.front() == '#') return {};
  const std::vector<std::string> fields = fields_of(line);
  if (fields.empty()) return bad("the quote that opens a field is not closed");
  if (line_number == 1 && fields.size() >= 2 && lower(fields[0]) == "op" && lower(fields[1]) == "key") return {};
  if (fields.size() < 2 || fields.size() > 6) {
    return bad("expected op,key[,value_bytes][,microseconds][,thread][,result], found " +
               std::to_string(fields.size()) + (fields.size() == 1 ? " field" : " fields"));
  }
  const auto what = action_of(fields[0]);
  if (!what) return bad("expected an operation (get, set, insert, delete, …), found \"" + fields[0] + "\"");
  if (fields[1].empty()) return bad("expected a key after the operation, found an empty field");
  parsed_line parsed;
  parsed_operation op{*what, fields[1]};
  if (fields.size() > 2 && !fields[2].empty()) {
    const auto bytes = number_in(fields[2]);
    if (!bytes) return bad("expected the value's size in bytes, found \"" + fields[2] + "\"");
    op.value_bytes = value_size(*bytes);
    parsed.has_value_bytes = true;
  }
  if (fields.size() > 3 && !fields[3].empty()) {
    parsed.time_us = number_in(fields[3]);
    if (!parsed.time_us) return bad("expected a time in microseconds, found \"" + fields[3] + "\"");
  }
  if (fields.size() > 4) parsed.thread = fields[4];
  if (fields.size() > 5 && !fields[5].empty()) {
    const std::string result = lower(fields[5]);
    if (result != "hit" && result != "miss") {
      return bad("expected hit or miss after the thread, found \"" + fields[5] + "\"");
    }
    op.before = result == "hit" ? presence::hit : presence::miss;
  }
  parsed.operations.push_back(std::move(op));
  return parsed;
}

parsed_line parse_twitter(std::string_view line) {
  if (line.empty()) return {};
  // Keys may hold commas: the other six columns do not, so they are taken from both ends.
  std::vector<std::string_view> tail;
  std::string_view rest = line;
  for (int i = 0; i < 5; ++i) {
    const std::size_t comma = rest.rfind(',');
    if (comma == std::string_view::npos) break;
    tail.push_back(rest.substr(comma + 1));
    rest = rest.substr(0, comma);
  }
  const std::size_t comma = rest.find(',');
  if (tail.size() < 5 || comma == std::string_view::npos) {
    return bad("expected seven columns: timestamp,key,key size,value size,client,operation,ttl");
  }
  const auto seconds = number_in(rest.substr(0, comma));
  if (!seconds) return bad("expected a time in seconds, found \"" + std::string(rest.substr(0, comma)) + "\"");
  const std::string key(rest.substr(comma + 1));
  if (key.empty()) return bad("expected a key in the second column, found an empty field");
  const auto bytes = number_in(tail[3]);
  if (!bytes) return bad("expected the value's size in the fourth column, found \"" + std::string(tail[3]) + "\"");
  const auto what = action_of(tail[1]);
  if (!what)
    return bad("expected an operation (get, set, delete, …) in the sixth column, found \"" + std::string(tail[1]) +
               "\"");
  parsed_line parsed;
  parsed.operations.push_back({*what, key, value_size(*bytes)});
  parsed.time_us = *seconds * 1'000'000;
  parsed.thread = tail[2];
  parsed.has_value_bytes = true;
  return parsed;
}

trace_format detect_format(std::string_view line) {
  if (parse_redis(line).expected.empty() && !line.empty()) return trace_format::redis;
  if (std::count(line.begin(), line.end(), ',') >= 6 && parse_twitter(line).expected.empty()) {
    return trace_format::twitter;
  }
  if (parse_csv(line, 1).expected.empty()) return trace_format::csv;
  return trace_format::automatic;
}

const char* name_of(trace_format format) noexcept {
  switch (format) {
    case trace_format::automatic: return "auto";
    case trace_format::csv: return "csv";
    case trace_format::redis: return "redis";
    case trace_format::twitter: return "twitter";
  }
  return "auto";
}

}  // namespace portolan::workload
