// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "tools/portolan/matrix_report.hpp"

namespace portolan::tool {
namespace {

using matrix::bar;
using matrix::cell;
using matrix::verdict;

const char* in_words(verdict how) {
  switch (how) {
    case verdict::pass: return "pass";
    case verdict::miss: return "MISS";
    case verdict::open: return "–";
  }
  return "";
}

std::string machine_in_words(const workload::machine& of) {
  return fmt::format("{} processors {}{}; {} {}, the maps' loops -O3, load {:.1f}", of.processors, of.processor_name,
                     of.last_level_cache_bytes > 0 ? ", " + bytes_in_words(of.last_level_cache_bytes) + " L3" : "",
                     of.compiler, of.build, of.load);
}

std::string maps_in_words(const matrix::result& of) {
  std::string leagues[2];
  for (std::size_t i = 1; i < of.names.size(); ++i) {
    if (of.floors[i]) continue;
    std::string& in = leagues[of.leagues[i] == workload::league::special ? 1 : 0];
    in += (in.empty() ? "" : ", ") + of.names[i];
  }
  return fmt::format("{} beside {}{}", of.names.front(), leagues[0].empty() ? "no peer" : leagues[0],
                     leagues[1].empty() ? "" : "; special: " + leagues[1]);
}

std::string method_in_words(const matrix::result& of) {
  return fmt::format(
      "{} repetitions of {:g} s a map and cell, all maps in turn; ours ÷ the best peer of the cell, median "
      "(and where it lies with 93 % certainty)",
      of.how.repetitions, of.how.seconds);
}

std::string count_of(const std::vector<bar>& bars) {
  const auto with = [&](verdict how) {
    return std::count_if(bars.begin(), bars.end(), [&](const bar& one) { return one.verdict == how; });
  };
  std::string text = fmt::format("{} bars reached, {} missed", with(verdict::pass), with(verdict::miss));
  if (const auto open = with(verdict::open); open != 0) text += fmt::format(", {} with nothing to compare with", open);
  return text + ".";
}

// Columns of the table of speeds: the cells of one form and size, in the order they are read.
std::vector<const cell*> cells_of(const matrix::result& of, matrix::key_form form, std::uint64_t entries) {
  std::vector<const cell*> all;
  for (const cell& one : of.cells) {
    if (one.of.form == form && one.of.entries == entries) all.push_back(&one);
  }
  std::stable_sort(all.begin(), all.end(), [](const cell* a, const cell* b) {
    return std::tuple(a->of.threads, a->of.keys, a->of.what) < std::tuple(b->of.threads, b->of.keys, b->of.what);
  });
  return all;
}

std::string speeds_table(const matrix::result& of, const std::vector<const cell*>& cells) {
  std::string heading = "| M/s |";
  std::string line = "|---|";
  for (const cell* one : cells) {
    heading += fmt::format(" {} {}{} |", matrix::name_of(one->of.keys), matrix::name_of(one->of.what),
                           one->of.batch == 0 ? "" : fmt::format(" {}", one->of.batch));
    line += "---:|";
  }
  std::string out = heading + "\n" + line + "\n";
  for (std::size_t i = 0; i < of.names.size(); ++i) {
    std::string row = fmt::format("| {} |", of.names[i]);
    bool any = false;
    for (const cell* one : cells) {
      const std::vector<double>& speeds = one->speeds[i];
      any = any || !speeds.empty();
      row += speeds.empty() ? " – |" : fmt::format(" {} |", three_digits(1e-6 * matrix::median_of(speeds)));
    }
    if (any) out += row + "\n";
  }
  return out;
}

std::string speeds_in_markdown(const matrix::result& of) {
  std::string out;
  for (const matrix::key_form form : of.how.forms) {
    for (const std::uint64_t entries : of.how.sizes) {
      std::vector<const cell*> all = cells_of(of, form, entries);
      while (!all.empty()) {
        const unsigned threads = all.front()->of.threads;
        std::vector<const cell*> some;
        std::copy_if(all.begin(), all.end(), std::back_inserter(some),
                     [&](const cell* one) { return one->of.threads == threads; });
        std::erase_if(all, [&](const cell* one) { return one->of.threads == threads; });
        out += fmt::format("\n### {}, {} entries, {} thread{}\n\n", matrix::name_of(form),
                           matrix::count_in_words(entries), threads, threads == 1 ? "" : "s");
        out += speeds_table(of, some);
      }
    }
  }
  return out;
}

std::string ratios_in_markdown(const matrix::result& of) {
  std::string out;
  for (const workload::league league : {workload::league::general, workload::league::special}) {
    for (const matrix::key_form form : of.how.forms) {
      const std::vector<matrix::comparison> all = matrix::compare(of, form, 0, league);
      if (all.empty()) continue;
      out += fmt::format(
          "\n### {}: ours ÷ the best {} peer of the cell\n\n| cell | ratio | | peer |\n|---|---:|---|---|\n",
          matrix::name_of(form), league == workload::league::general ? "general" : "special");
      for (const matrix::comparison& one : all) {
        out += fmt::format("| {} | {:.2f} | {:.2f} to {:.2f} | {} |\n", one.in->of.words(), one.ratio.median,
                           one.ratio.low, one.ratio.high, of.names[one.peer]);
      }
    }
  }
  return out;
}

std::string latencies_in_markdown(const matrix::result& of) {
  if (of.latencies.empty()) return "";
  std::string out =
      "\n### Insert latency while growing from empty, µs\n\n"
      "| | threads | p50 | p99 | p99.9 | p99.99 | p99.999 | max |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const matrix::latency_of& one : of.latencies) {
    const auto us = [&](double share) { return micros(1e-3 * one.figures.at_ns(share)); };
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", one.name.empty() ? "doing nothing" : one.name,
                       one.threads, us(0.5), us(0.99), us(0.999), us(0.9999), us(0.99999),
                       micros(1e-3 * one.figures.max_ns));
  }
  return out;
}

std::string memories_in_markdown(const matrix::result& of) {
  if (of.memories.empty()) return "";
  std::string out =
      "\n### Memory while growing, B/entry\n\n"
      "| | mean over sizes | worst size | settled | peak ÷ settled | empty map, B |\n"
      "|---|---:|---:|---:|---:|---:|\n";
  for (const matrix::memory_of& one : of.memories) {
    const double entries = one.figures.points.empty() ? 1 : one.figures.points.back().entries;
    out += fmt::format("| {} | {:.1f} | {:.1f} | {:.1f} | {:.2f} | {:.0f} |\n", one.name, one.figures.bytes_per_entry(),
                       one.figures.worst_bytes_per_entry(), one.figures.settled_bytes / entries,
                       one.figures.peak_over_steady(), one.figures.empty_bytes);
  }
  return out;
}

}  // namespace

std::string as_text(const matrix_report& of, const terminal& to) {
  constexpr std::size_t name_width = 52;
  constexpr std::size_t target_width = 14;
  constexpr std::size_t measured_width = 24;
  std::string out = labelled("bench", of.command);
  out += labelled("machine", machine_in_words(of.machine));
  out += labelled("maps", maps_in_words(of.found));
  out += labelled("method", method_in_words(of.found)) + "\n";
  const auto line = [&](const std::string& name, const std::string& target, const std::string& measured,
                        const std::string& how) {
    return "  " + padded_right(name, name_width) + padded_left(target, target_width) + "  " +
           padded_right(measured, measured_width) + how;
  };
  out += line("", "bar", "measured", "") + "\n";
  for (const bar& one : of.bars) {
    const std::string how = in_words(one.verdict);
    const std::string row = line(one.name, one.target, one.measured, how);
    out += (one.verdict == verdict::miss ? to.strong(row) : row) + "\n";
    for (const std::string& more : wrapped(one.beside, page_columns - 6)) {
      if (!more.empty()) out += "      " + more + "\n";
    }
  }
  out += "\n" + labelled("answer", count_of(of.bars));
  for (const std::string& one : of.found.said.wrong) out += labelled("wrong", one);
  for (const std::string& one : of.found.said.left_out) out += labelled("left out", one);
  if (of.found.interrupted) out += labelled("stopped", "by you: the rows hold what was measured until then.");
  return out;
}

std::string as_markdown(const matrix_report& of) {
  std::string out = "# The matrix\n\n";
  out += fmt::format("`{}`\n\n{}. {}.\n{}.\n\n", of.command, of.date, machine_in_words(of.machine),
                     maps_in_words(of.found));
  out += method_in_words(of.found) + ".\n\n| | bar | measured | | beside |\n|---|---|---|---|---|\n";
  for (const bar& one : of.bars) {
    out += fmt::format("| {} | {} | {} | {} | {} |\n", one.name, one.target, one.measured, in_words(one.verdict),
                       one.beside);
  }
  out += "\n" + count_of(of.bars) + "\n";
  for (const std::string& one : of.found.said.wrong) out += "- wrong: " + one + "\n";
  for (const std::string& one : of.found.said.left_out) out += "- left out: " + one + "\n";
  if (of.found.interrupted) out += "- stopped early: the rows hold what was measured until then\n";
  out += "\n## Figures\n" + ratios_in_markdown(of.found) + speeds_in_markdown(of.found) +
         latencies_in_markdown(of.found) + memories_in_markdown(of.found);
  return out;
}

}  // namespace portolan::tool
