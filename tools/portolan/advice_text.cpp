// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The advice for a terminal: what was measured, on what, the table, two sentences, the line to paste, what next.
#include <fmt/format.h>

#include <algorithm>

#include "tools/portolan/advice.hpp"

namespace portolan::tool {
namespace {

using workload::action;
using workload::figure;
using workload::standing;

std::string mix_in_words(const workload_card& work) {
  std::string out;
  for (unsigned i = 0; i < workload::action_count; ++i) {
    if (work.facts.by_action[i] == 0) continue;
    const double share = static_cast<double>(work.facts.by_action[i]) / static_cast<double>(work.facts.operations);
    out += (out.empty() ? "" : ", ") + std::string(workload::name_of(static_cast<action>(i))) + " " + percent(share);
  }
  const double hottest = static_cast<double>(work.facts.hottest_key_operations) /
                         static_cast<double>(std::max<std::uint64_t>(work.facts.operations, 1));
  std::string key = work.facts.hottest_key;
  if (key.size() > 24) key.replace(21, std::string::npos, "...");
  for (char& c : key) {
    if (static_cast<unsigned char>(c) < 32) c = '?';
  }
  return out + "; hottest key \"" + key + "\": " + percent(hottest);
}

std::string pace_in_words(const workload_card& work) {
  switch (work.pace) {
    case workload::pace::closed: return "";
    case workload::pace::open: return ", open loop at " + three_digits(work.rate_per_s / 1e3) + " k operations/s";
    case workload::pace::recorded: return ", at the times of the trace";
  }
  return "";
}

std::string heading(const advice& all) {
  const workload_card& w = all.work;
  const std::string values = w.value_kind == workload::value_kind::number
                                 ? "8 B values"
                                 : fmt::format("{:.0f} B values", w.facts.mean_value_bytes);
  std::string out =
      labelled("workload", fmt::format("{}: {} operations, {} keys, {}, {} {}{}", w.title,
                                       rounded_count(w.facts.operations), grouped(w.keys), values, w.threads,
                                       w.threads == 1 ? "thread" : "threads", pace_in_words(w)));
  out += labelled("", mix_in_words(w));
  out += labelled("", w.start_entries == 0 ? "begins empty" : "begins with " + grouped(w.start_entries) + " entries");
  for (const std::string& remark : w.remarks) out += labelled("", remark);
  const workload::machine& m = all.machine;
  std::string machine = fmt::format("{} processors", m.processors);
  if (m.last_level_cache_bytes > 0) machine += ", " + bytes_in_words(m.last_level_cache_bytes) + " L3";
  machine += ", " + m.compiler + (m.build.empty() ? "" : " " + m.build);
  const std::string length =
      w.once ? fmt::format("{} runs of all of it, at most {} s each", all.survey.rounds_done,
                           three_digits(all.run_seconds))
             : fmt::format("{} runs of {} s", all.survey.rounds_done, three_digits(all.run_seconds));
  return out + labelled("machine", machine + "; " + length + ", order shuffled");
}

std::string with_spread(const figure& f, double unit) {
  return fmt::format("{} ± {:>2.0f} %", three_digits(f.median / unit), 100 * f.spread());
}

std::string kept_back(const standing& s) {
  const auto peak = s.kept_back_peak_bytes();
  return peak ? three_digits(*peak / 1024) : "–";
}

std::string main_table(const advice& all) {
  table figures({{"", "", 26},
                 {"operations", "M/s", 13},
                 {"p50", "µs", 8},
                 {"p99", "µs", 9},
                 {"p99.9", "µs", 9},
                 {"max", "µs", 9},
                 {"memory", "B/entry", 9},
                 {"allocs", "/op", 8},
                 {"retired", "KiB", 9}});
  for (const std::string& name : all.judged.order) {
    const auto at = std::find_if(all.survey.standings.begin(), all.survey.standings.end(),
                                 [&](const standing& s) { return s.which.name == name; });
    const standing& s = *at;
    figures.row({(name == all.judged.best ? "> " : "  ") + name, with_spread(s.operations_per_second(), 1e6),
                 micros(s.latency_us(0.5).median), micros(s.latency_us(0.99).median),
                 micros(s.latency_us(0.999).median), micros(s.max_latency_us()),
                 fmt::format("{:.0f}", s.bytes_per_entry().median), three_digits(s.allocations_per_operation().median),
                 kept_back(s)});
  }
  return figures.text();
}

std::string remarks(const advice& all) {
  std::string out;
  for (const standing& s : all.survey.standings) {
    if (!s.refused.empty()) out += labelled("refused", s.which.name + " " + s.refused + ". It has no speed.");
  }
  for (const standing& s : all.survey.standings) {
    if (!s.left_out.empty()) out += labelled("left out", s.which.name + " " + s.left_out + ".");
    if (s.measured() && s.share_done() < 0.999) {
      out += labelled("stopped", s.which.name + " did " + percent(s.share_done()) + " of the work in its time" +
                                     (s.which.what.empty() ? "" : " (" + s.which.what + ")") +
                                     ": its speed is that of a smaller map.");
    } else if (s.measured() && !s.which.what.empty()) {
      out += labelled("note", s.which.name + ": " + s.which.what + ".");
    }
  }
  return out;
}

std::string sweep_in_words(const workload::shard_sweep& sweep) {
  if (sweep.knee == 0) return "";
  std::string counts;
  std::string speeds;
  for (std::size_t i = 0; i < sweep.counts.size(); ++i) {
    counts += (i == 0 ? "" : ", ") + std::to_string(sweep.counts[i]);
    speeds += (i == 0 ? "" : ", ") + three_digits(sweep.speeds[i].median / 1e6);
  }
  return labelled("shards",
                  fmt::format("{} with {} shards: {} M/s; the knee is at {}.", sweep.name, counts, speeds, sweep.knee));
}

}  // namespace

std::string as_text(const advice& all, const terminal& to) {
  std::string out = heading(all) + "\n";
  if (!all.judged.order.empty()) out += main_table(all) + "\n";
  out += remarks(all);
  if (all.survey.interrupted) {
    out += labelled("stopped", fmt::format("by you: these figures are of {} whole rounds out of {}.",
                                           all.survey.rounds_done, all.rounds));
  }
  if (!all.judged.best.empty()) {
    out += to.strong(labelled("advice", all.judged.advice));
    if (!all.judged.but.empty()) out += labelled("but", all.judged.but);
    if (all.sweep) out += sweep_in_words(*all.sweep);
    // Code is not broken into lines: it is there to be pasted.
    out += padded_right("change", 10) + all.judged.change + "\n";
  }
  for (const std::string& what : all.not_done) out += labelled("not done", what);
  if (!all.report_path.empty()) out += labelled("report", all.report_path + " (plots; .json and .csv beside it)");
  return out + labelled("next", all.next);
}

}  // namespace portolan::tool
