// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// matrix.md: first the table as a README has it, a line a row; behind it what stands beside each row, and all figures.
#include <fmt/format.h>

#include <algorithm>

#include "tools/portolan/matrix_words.hpp"

namespace portolan::tool {
namespace {

using matrix::bar;
using matrix::cell;
using matrix::verdict;

// What the bars of one row say for 1, 2, … threads; said once where all say the same.
template <class Say>
std::string of_all_threads(const std::vector<const bar*>& row, Say say) {
  std::vector<std::string> all;
  for (const bar* one : row) all.push_back(say(*one));
  if (std::adjacent_find(all.begin(), all.end(), std::not_equal_to<>()) == all.end()) return all.front();
  std::string out;
  for (const std::string& one : all) out += (out.empty() ? "" : " / ") + one;
  return out;
}

std::string short_table(const std::vector<bar>& bars) {
  std::vector<std::vector<const bar*>> rows;
  for (const bar& one : bars) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
      return one.threads != 0 && row.front()->threads != 0 && row.front()->name == one.name;
    });
    (same == rows.end() ? rows.emplace_back() : *same).push_back(&one);
  }
  std::string out = "| | bar | measured | |\n|---|---|---|---|\n";
  for (const std::vector<const bar*>& row : rows) {
    std::string name = row.front()->name;
    if (row.front()->threads != 0) {
      for (const bar* one : row) name += (one == row.front() ? ", " : " / ") + std::to_string(one->threads);
      name += row.size() == 1 && row.front()->threads == 1 ? " thread" : " threads";
    }
    out += fmt::format("| {} | {} | {} | {} |\n", name, of_all_threads(row, [](const bar& one) { return one.target; }),
                       of_all_threads(row, [](const bar& one) { return one.measured; }),
                       of_all_threads(row, [](const bar& one) { return std::string(in_words(one.verdict)); }));
  }
  return out;
}

std::string beside_in_markdown(const std::vector<bar>& bars) {
  std::string out = "\n## Beside the rows\n\n| | measured | lies in | beside |\n|---|---|---|---|\n";
  for (const bar& one : bars) {
    out += fmt::format("| {} | {} | {} | {} |\n", one.full_name(), one.measured, one.spread, one.beside);
  }
  return out;
}

std::string then_in_markdown(const matrix_then& of) {
  std::string out = "\n## Against an earlier run\n\n" + then_in_words(of) + ".\n";
  for (const std::string& doubt : of.doubts) out += "- " + doubt + "\n";
  out += "\n| cell | then, M/s | now, M/s | now ÷ then | other maps | |\n|---|---:|---:|---:|---:|---|\n";
  for (const matrix_change& one : of.changes) {
    const std::string others =
        one.others_most == 0 ? "–" : fmt::format("{:.2f} to {:.2f}", one.others_least, one.others_most);
    out += fmt::format("| {} | {} | {} | {:.2f} | {} | {} |\n", one.cell, three_digits(1e-6 * one.then.median),
                       three_digits(1e-6 * one.now.median), one.ratio(), others, one.lost ? "LOST" : "");
  }
  return out;
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

std::string as_markdown(const matrix_report& of) {
  std::string out = "# The matrix\n\n" + short_table(of.bars);
  out += fmt::format("\n`{}`\n\n{}. {}.\n{}.\n{}.\n\n{}\n", of.command, of.date, machine_in_words(of.machine),
                     maps_in_words(of.found), method_in_words(of.found), count_of(of.bars));
  for (const std::string& one : of.found.said.wrong) out += "- wrong: " + one + "\n";
  for (const std::string& one : of.found.said.left_out) out += "- left out: " + one + "\n";
  if (of.found.interrupted) out += "- stopped early: the rows hold what was measured until then\n";
  out += beside_in_markdown(of.bars);
  if (of.then) out += then_in_markdown(*of.then);
  return out + "\n## Figures\n" + ratios_in_markdown(of.found) + speeds_in_markdown(of.found) +
         latencies_in_markdown(of.found) + memories_in_markdown(of.found);
}

}  // namespace portolan::tool
