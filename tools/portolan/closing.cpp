// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The sentence under a scenario's table, from its figures alone:
// 1. who is ahead by the first measure that has a better end, and by how much before the usual locked map;
// 2. whether the articles' maps stand in the same order here, where a difference within the noise is no order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

using workload::figure;

constexpr double least_noise = 0.05;

double noise_of(const figure& a, const figure& b) { return std::max(least_noise, std::hypot(a.spread(), b.spread())); }

// How many times better `a` is than `b`.
double lead_of(const figure& a, const figure& b, better end) {
  return end == better::less ? b.median / a.median : a.median / b.median;
}

struct entrant {
  const scenario_row* row;
  figure ours;
  std::optional<double> theirs;
};

std::vector<entrant> entrants_by(const scenario_result& all, std::size_t at) {
  std::vector<entrant> found;
  for (const scenario_row& row : all.rows) {
    if (row.control || at >= row.ours.size() || !row.ours[at] || !(row.ours[at]->median > 0)) continue;
    found.push_back({&row, *row.ours[at], at < row.theirs.size() ? row.theirs[at] : std::nullopt});
  }
  const better end = all.measures[at].better;
  std::stable_sort(found.begin(), found.end(),
                   [&](const entrant& a, const entrant& b) { return lead_of(a.ours, b.ours, end) > 1; });
  return found;
}

// What most programs have today, if it ran; else the last.
const entrant& yardstick(const std::vector<entrant>& all) {
  for (const char* usual : {"mutex", "rwlock"}) {
    for (const entrant& e : all) {
      if (e.row->map.starts_with(usual) && &e != &all.front()) return e;
    }
  }
  return all.back();
}

std::string names_of(const std::vector<entrant>& all) {
  std::string out;
  for (const entrant& e : all) out += (out.empty() ? "" : " before ") + e.row->map;
  return out;
}

std::string order_in_words(std::vector<entrant> all, better end) {
  std::erase_if(all, [](const entrant& e) { return !e.theirs; });
  if (all.size() < 2) return "";
  std::vector<entrant> theirs = all;
  std::stable_sort(theirs.begin(), theirs.end(), [&](const entrant& a, const entrant& b) {
    return end == better::less ? *a.theirs < *b.theirs : *a.theirs > *b.theirs;
  });
  bool tied = false;
  bool same = true;
  for (std::size_t i = 0; i + 1 < theirs.size(); ++i) {
    const double lead = lead_of(theirs[i].ours, theirs[i + 1].ours, end);
    const bool within = std::fabs(lead - 1) <= noise_of(theirs[i].ours, theirs[i + 1].ours);
    tied |= within;
    same &= within || lead > 1;
  }
  const std::string said = fmt::format("The articles' order ({})", names_of(theirs));
  if (!same) return fmt::format("{} does not hold here ({}).", said, names_of(all));
  return said + (tied ? " is not contradicted here: neighbours lie within the noise." : " holds here.");
}

std::string unit_of(const measure& m) { return m.unit.empty() || m.unit.starts_with("/") ? m.unit : " " + m.unit; }

}  // namespace

std::string closing_sentence(const scenario_result& all) {
  const auto judged = std::find_if(all.measures.begin(), all.measures.end(),
                                   [](const measure& m) { return m.better != better::neither; });
  if (judged == all.measures.end() || !all.ranked) return all.answer;
  const auto at = static_cast<std::size_t>(judged - all.measures.begin());
  const std::vector<entrant> order = entrants_by(all, at);
  if (order.empty()) return all.answer;
  const entrant& best = order.front();
  std::string said = fmt::format("By {}, {} is ahead ({}{})", judged->title, best.row->map,
                                 three_digits(best.ours.median), unit_of(*judged));
  if (order.size() > 1) {
    const entrant& usual = yardstick(order);
    const double times = lead_of(best.ours, usual.ours, judged->better);
    const double noise = noise_of(best.ours, usual.ours);
    const bool once = best.ours.low == best.ours.high && usual.ours.low == usual.ours.high;
    if (times - 1 <= noise) {
      said += ", within the noise of " + usual.row->map;
    } else if (once) {
      said +=
          fmt::format(", {} times as good as {} (one run: no spread is known)", three_digits(times), usual.row->map);
    } else {
      said += fmt::format(", {} times ± {:.0f} % as good as {}", three_digits(times), 100 * noise, usual.row->map);
    }
  }
  said += ".";
  for (const std::string& more : {order_in_words(order, judged->better), all.answer}) {
    if (!more.empty()) said += " " + more;
  }
  return said;
}

}  // namespace portolan::tool
