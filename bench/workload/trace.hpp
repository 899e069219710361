// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Operation traces: what real programs asked of a map, read from a file and replayed.
//
//    csv       op,key[,value_bytes][,microseconds][,thread][,result]
//                                                                find,user:17
//                                                                set,"a, quoted ""key""",120,15023,3
//              what portolan::recorded writes is this form with a heading of its own (recorded_trace.hpp)
//    redis     what redis-cli MONITOR prints                     1700000000.123456 [0 127.0.0.1:52110] "GET" "user:17"
//    twitter   the public cache traces, seven columns:           timestamp,key,key size,value size,client,op,ttl
//
// 1. A line is an operation, about no key (an empty line, a comment, PING), or bad. A bad line ends the reading with
//    its number and what was expected, unless `skip_bad`: then it is counted and the first few are kept.
// 2. Keys are numbered in the order of their first use.
// 3. Replayed, each key's writes keep their order (one thread owns them); finds go to the thread of the trace, or
//    are dealt out in turn where it names none. Of a recording all operations of one thread keep their order, on one
//    thread of the replay; keys that several threads write are judged more loosely then (contested.hpp).
// 4. A key that is read or erased before it is first written was there before the trace began, unless its first
//    operation says hit or miss: that decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/workload/operation.hpp"

namespace portolan::workload {

enum class trace_format : std::uint8_t { automatic, csv, redis, twitter };
[[nodiscard]] const char* name_of(trace_format format) noexcept;

/// Whether the key was there when the operation came, as far as the trace says.
enum class presence : std::uint8_t { unknown, hit, miss };

struct event {
  operation op;
  presence before;
  std::uint32_t thread;   ///< of the trace; no_thread: it names none
  std::uint64_t time_us;  ///< since the first event
};
inline constexpr std::uint32_t no_thread = ~std::uint32_t{0};

struct trace_settings {
  trace_format format = trace_format::automatic;
  bool skip_bad = false;
  std::size_t operations_at_most = 20'000'000;
};

struct trace {
  trace_format format = trace_format::csv;
  std::vector<std::string> keys;
  std::vector<event> events;
  bool has_times = false;
  bool has_value_bytes = false;
  std::uint64_t lines = 0;
  std::uint64_t bad_lines = 0;
  std::uint64_t about_no_key = 0;      ///< commands that concern no key, or that no map has
  std::vector<std::string> first_bad;  ///< "FILE:LINE: sentence", the first three
  bool limited = false;                ///< operations_at_most was reached
  bool cut_off = false;                ///< the file ended too early (only with skip_bad)
  bool recorded = false;               ///< portolan::recorded wrote it
  bool ended = false;                  ///< of a recording: its last line is there
  std::uint64_t missing = 0;           ///< of a recording: operations that were dropped
};

/// Reads a whole trace; throws input_error.
[[nodiscard]] trace read_trace(const std::string& file, const trace_settings& how);

/// What a recording lacks, in one sentence; empty if nothing, or if it is none.
[[nodiscard]] std::string what_is_missing(const trace& from);

struct replay_settings {
  unsigned threads = 2;
  bool cold = false;  ///< begin empty even where rule 4 says otherwise
  enum pace pace = pace::closed;
  double rate_per_s = 0;
};
[[nodiscard]] workload make_replay(const trace& from, const replay_settings& how, const std::string& title);

// ---- one line (for tests and for read_trace) ----------------------------------------------------

/// One operation as it stands in a line. `key` may be one of several: MGET a b c is three operations.
struct parsed_operation {
  action what;
  std::string key;
  std::uint32_t value_bytes = 8;
  presence before = presence::unknown;
};
struct parsed_line {
  std::vector<parsed_operation> operations;  ///< none: the line is about no key
  std::optional<std::uint64_t> time_us;
  std::string thread;  ///< any name; empty: none
  bool has_value_bytes = false;
  std::string expected;  ///< not empty: the line is bad, and this was expected
};
[[nodiscard]] parsed_line parse_csv(std::string_view line, std::uint64_t line_number);
[[nodiscard]] parsed_line parse_redis(std::string_view line);
[[nodiscard]] parsed_line parse_twitter(std::string_view line);
[[nodiscard]] trace_format detect_format(std::string_view line);

}  // namespace portolan::workload
