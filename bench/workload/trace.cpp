// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/trace.hpp"

#include <algorithm>
#include <unordered_map>

#include "bench/workload/input.hpp"
#include "bench/workload/recorded_trace.hpp"

namespace portolan::workload {
namespace {

// Collects what the lines say, and decides what a bad one means.
class trace_builder {
 public:
  trace_builder(std::string file, const trace_settings& how) : file_(std::move(file)), how_(how) {
    made_.format = how.format;
  }

  void line(std::string_view text, std::uint64_t number) {
    ++made_.lines;
    if (text.starts_with('#') && note_comment(text, number)) return;
    if (made_.format == trace_format::automatic && !detect(text, number)) return;
    parsed_line parsed = parse(text, number);
    if (!parsed.expected.empty()) return bad(number, parsed.expected);
    // The heading of a CSV file is none of the program's lines.
    const bool heading = number == 1 && !text.starts_with('#') && made_.format == trace_format::csv;
    if (parsed.operations.empty()) made_.about_no_key += !text.empty() && !heading;
    for (parsed_operation& op : parsed.operations) {
      if (made_.recorded && !unescape_key(op.key)) {
        return bad(number, "expected \\e, \\\\ or \\x and two hexadecimal digits after a backslash in the key");
      }
      add(parsed, op);
    }
  }

  void bad(std::uint64_t number, const std::string& expected) {
    if (!how_.skip_bad) throw input_error(file_, number, expected + " (--skip-bad uses the good lines)");
    ++made_.bad_lines;
    if (made_.first_bad.size() < 3) made_.first_bad.push_back(input_error(file_, number, expected).what());
  }

  [[nodiscard]] bool full() {
    made_.limited = made_.events.size() >= how_.operations_at_most;
    return made_.limited;
  }
  void cut_off() { made_.cut_off = true; }
  [[nodiscard]] trace take() {
    if (made_.recorded) in_order_of_time(made_.events);
    return std::move(made_);
  }

 private:
  // What a recording says of itself; false: it says nothing.
  bool note_comment(std::string_view text, std::uint64_t number) {
    const recorded_note note = read_note(text);
    switch (note.what) {
      case recorded_note::kind::none: return false;
      case recorded_note::kind::heading:
        if (note.number > newest_recording) {
          throw input_error(file_, number,
                            "is a recording of version " + std::to_string(note.number) +
                                "; this portolan reads up to " + std::to_string(newest_recording) +
                                ": use the one that belongs to the program");
        }
        made_.recorded = true;
        return true;
      case recorded_note::kind::missing: made_.missing += note.number; return true;
      case recorded_note::kind::end:
        made_.ended = true;
        made_.missing = std::max(made_.missing, note.number);
        return true;
    }
    return false;
  }

  // The format of the first line that has one; false: there is nothing to parse in this line.
  bool detect(std::string_view text, std::uint64_t number) {
    if (text.empty() || text == "OK" || text == "+OK" || text.front() == '#') return false;
    const trace_format found = detect_format(text);
    if (found != trace_format::automatic) {
      made_.format = found;
      return true;
    }
    bad(number,
        "expected a line of one of the formats csv (op,key[,value_bytes][,microseconds][,thread]), redis (what MONITOR "
        "prints) or twitter (seven columns)");
    return false;
  }

  [[nodiscard]] parsed_line parse(std::string_view text, std::uint64_t number) const {
    switch (made_.format) {
      case trace_format::redis: return parse_redis(text);
      case trace_format::twitter: return parse_twitter(text);
      case trace_format::csv:
      case trace_format::automatic: break;
    }
    return parse_csv(text, number);
  }

  void add(const parsed_line& parsed, parsed_operation& op) {
    const auto [key, fresh] = numbers_.try_emplace(op.key, static_cast<std::uint32_t>(made_.keys.size()));
    if (fresh) made_.keys.push_back(op.key);
    std::uint32_t thread = no_thread;
    if (!parsed.thread.empty()) {
      thread = threads_.try_emplace(parsed.thread, static_cast<std::uint32_t>(threads_.size())).first->second;
    }
    std::uint64_t time_us = 0;
    if (parsed.time_us && made_.recorded) {
      // The threads of a recording are written one after the other: take() puts their times in order.
      made_.has_times = true;
      time_us = *parsed.time_us;
    } else if (parsed.time_us) {
      if (!made_.has_times) first_us_ = *parsed.time_us;
      made_.has_times = true;
      // Clocks that step back stand still here.
      last_us_ = std::max(last_us_, *parsed.time_us - std::min(*parsed.time_us, first_us_));
      time_us = last_us_;
    }
    made_.has_value_bytes |= parsed.has_value_bytes;
    made_.events.push_back({operation(op.what, key->second, op.value_bytes), op.before, thread, time_us});
  }

  std::string file_;
  trace_settings how_;
  trace made_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::unordered_map<std::string, std::uint32_t> threads_;
  std::uint64_t first_us_ = 0;
  std::uint64_t last_us_ = 0;
};

// The keys that were there before the trace began, each with the size it was first stored with later on.
std::vector<operation> start_of(const trace& from) {
  enum class first_use : std::uint8_t { none, read, written };  // read: it was there
  std::vector<first_use> uses(from.keys.size(), first_use::none);
  std::vector<std::uint32_t> bytes(from.keys.size(), 8);
  std::vector<bool> sized(from.keys.size());
  for (const event& e : from.events) {
    first_use& use = uses[e.op.key()];
    const bool stores = e.op.what() == action::insert || e.op.what() == action::assign;
    if (use == first_use::none) {
      const bool there = e.before == presence::unknown ? !stores : e.before == presence::hit;
      use = there ? first_use::read : first_use::written;
    }
    if (!sized[e.op.key()] && (stores || e.op.value_bytes() > 8)) {
      bytes[e.op.key()] = e.op.value_bytes();
      sized[e.op.key()] = true;
    }
  }
  std::vector<operation> start;
  for (std::uint32_t key = 0; key < uses.size(); ++key) {
    if (uses[key] == first_use::read) start.emplace_back(action::insert, key, bytes[key]);
  }
  return start;
}

}  // namespace

trace read_trace(const std::string& file, const trace_settings& how) {
  line_reader lines(file);
  trace_builder builder(file, how);
  while (!builder.full()) {
    const line_outcome outcome = lines.next();
    if (outcome == line_outcome::line) {
      builder.line(lines.text(), lines.number());
      continue;
    }
    if (outcome == line_outcome::unreadable) throw input_error(file, lines.number(), lines.problem());
    if (outcome == line_outcome::cut_off) {
      builder.bad(lines.number() + 1, lines.problem());
      builder.cut_off();
    }
    break;
  }
  trace made = builder.take();
  if (made.events.empty()) {
    const std::string bad = made.bad_lines == 0 ? "" : "; " + std::to_string(made.bad_lines) + " lines were bad";
    throw input_error(file, 0,
                      "holds no operation on any key (" + std::to_string(made.lines) + " lines read" + bad + ")");
  }
  return made;
}

std::string what_is_missing(const trace& from) {
  if (!from.recorded) return "";
  std::string text;
  if (from.missing != 0) {
    const double share = static_cast<double>(from.missing) / static_cast<double>(from.missing + from.events.size());
    text = std::to_string(from.missing) + " operations (" + std::to_string(static_cast<int>(100 * share + 0.5)) +
           " %) are missing: they came faster than they could be written";
  }
  if (!from.ended) {
    text += (text.empty() ? "" : "; ") + std::string("the recording has no end: its last second may be missing");
  }
  return text;
}

workload make_replay(const trace& from, const replay_settings& how, const std::string& title) {
  workload work;
  work.title = title;
  work.keys = key_kind::text;
  work.texts = from.keys;
  work.key_count = static_cast<std::uint32_t>(from.keys.size());
  work.values = from.has_value_bytes ? value_kind::bytes : value_kind::number;
  work.pace = how.pace;
  work.rate_per_s = how.rate_per_s;
  work.writers_share_keys = from.recorded;
  if (!how.cold) work.start = start_of(from);
  work.streams.resize(how.threads);
  if (how.pace == pace::recorded) work.due_ns.resize(how.threads);
  std::uint32_t turn = 0;
  for (const event& e : from.events) {
    const std::uint32_t reader = e.thread == no_thread ? turn++ : e.thread;
    const bool owned = e.op.writes() && !from.recorded;
    const unsigned thread = owned ? owner_of(e.op.key(), how.threads) : reader % how.threads;
    work.streams[thread].push_back(e.op);
    if (how.pace == pace::recorded) work.due_ns[thread].push_back(1000 * e.time_us);
  }
  // A thread without operations would only measure that it is there.
  std::erase_if(work.streams, [](const auto& stream) { return stream.empty(); });
  std::erase_if(work.due_ns, [](const auto& due) { return due.empty(); });
  gather_facts(work);
  return work;
}

}  // namespace portolan::workload
