// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "bench/matrix/figures.hpp"
#include "tools/portolan/matrix_words.hpp"

namespace portolan::tool {

using matrix::bar;
using matrix::verdict;

const char* in_words(matrix::verdict how) noexcept {
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
    if (of.roles[i] != matrix::entrant::role::map) continue;
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

std::string count_of(const std::vector<matrix::bar>& bars) {
  const auto with = [&](verdict how) {
    return std::count_if(bars.begin(), bars.end(), [&](const bar& one) { return one.verdict == how; });
  };
  std::string text = fmt::format("{} bars reached, {} missed", with(verdict::pass), with(verdict::miss));
  if (const auto open = with(verdict::open); open != 0) text += fmt::format(", {} with nothing to compare with", open);
  return text + ".";
}

std::string then_in_words(const matrix_then& of) {
  std::vector<double> ratios;
  for (const matrix_change& one : of.changes) {
    if (one.ratio() > 0) ratios.push_back(one.ratio());
  }
  if (ratios.empty()) return fmt::format("{} of {}: no cell is in both runs", of.file, of.date);
  return fmt::format("{} of {}: {} now ÷ then in geometric mean over {} cells, {} lost beyond noise", of.file, of.date,
                     fmt::format("{:.2f}", matrix::geometric_mean(ratios)), ratios.size(), of.lost());
}

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
    const std::string measured = one.spread.empty() ? one.measured : one.measured + " (" + one.spread + ")";
    const std::string row = line(one.full_name(), one.target, measured, how);
    out += (one.verdict == verdict::miss ? to.strong(row) : row) + "\n";
    for (const std::string& more : wrapped(one.beside, page_columns - 6)) {
      if (!more.empty()) out += "      " + more + "\n";
    }
  }
  out += "\n" + labelled("answer", count_of(of.bars));
  if (of.then) {
    out += labelled("against", then_in_words(*of.then));
    for (const std::string& one : of.then->doubts) out += labelled("note", one);
    for (const matrix_change& one : of.then->changes) {
      if (one.lost) out += to.strong(fmt::format("  {:.2f}  {}", one.ratio(), one.cell)) + "\n";
    }
  }
  for (const std::string& one : of.found.said.wrong) out += labelled("wrong", one);
  for (const std::string& one : of.found.said.left_out) out += labelled("left out", one);
  if (of.found.interrupted) out += labelled("stopped", "by you: the rows hold what was measured until then.");
  return out;
}

}  // namespace portolan::tool
