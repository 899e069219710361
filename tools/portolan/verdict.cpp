// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// From figures to a decision. What counts, in this order:
// 1. Verified, and all of the work done: a map that was stopped half-way was measured on an easier task.
// 2. Operations a second. Two medians closer than their spreads (at least 5 %) are one.
// 3. Among those the shorter p99.9, if it differs by a quarter; then the smaller memory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/portolan/advice.hpp"

namespace portolan::tool {
namespace {

using workload::figure;
using workload::standing;

constexpr double whole_work = 0.999;
constexpr double least_noise = 0.05;
constexpr double tail_that_counts = 1.25;

bool eligible(const standing& s) { return s.measured() && s.share_done() >= whole_work; }

double noise_of(const figure& a, const figure& b) { return std::max(least_noise, std::hypot(a.spread(), b.spread())); }

// True if `a` is to be preferred over the faster `best` because they are equally fast.
bool better_tied(const standing& a, const standing& best) {
  const figure fast = best.operations_per_second();
  const figure slow = a.operations_per_second();
  if (slow.median < fast.median * (1 - noise_of(fast, slow))) return false;
  const double tail = a.latency_us(0.999).median;
  const double best_tail = best.latency_us(0.999).median;
  if (tail * tail_that_counts < best_tail) return true;
  return tail <= best_tail * tail_that_counts && a.bytes_per_entry().median < 0.9 * best.bytes_per_entry().median;
}

std::vector<const standing*> by_speed(const advice& all) {
  std::vector<const standing*> order;
  for (const standing& s : all.survey.standings) {
    if (s.measured()) order.push_back(&s);
  }
  std::stable_sort(order.begin(), order.end(), [](const standing* a, const standing* b) {
    const bool whole_a = eligible(*a);
    if (whole_a != eligible(*b)) return whole_a;
    return a->operations_per_second().median > b->operations_per_second().median;
  });
  return order;
}

const standing* named(const advice& all, const std::string& name) {
  for (const standing& s : all.survey.standings) {
    if (s.which.name == name) return &s;
  }
  return nullptr;
}

const standing* choose(const std::vector<const standing*>& order) {
  const standing* best = nullptr;
  for (const standing* s : order) {
    if (!eligible(*s)) continue;
    if (best == nullptr || better_tied(*s, *best)) best = s;
  }
  return best;
}

// What the advised map is compared with: what most programs have today, else the next best.
const standing* yardstick(const advice& all, const std::vector<const standing*>& order, const standing& best) {
  const standing* usual = named(all, "mutex + unordered_map");
  if (usual != nullptr && usual != &best && eligible(*usual)) return usual;
  for (const standing* s : order) {
    if (s != &best && eligible(*s)) return s;
  }
  return nullptr;
}

std::string memory_difference(const standing& best, const standing& other) {
  const double more = best.bytes_per_entry().median - other.bytes_per_entry().median;
  if (std::fabs(more) < 1) return "for the same memory";
  return fmt::format("for {:.0f} B {} an entry", std::fabs(more), more > 0 ? "more" : "less");
}

// 6.9 ± 0.4: the spread with as many digits behind the point as the figure.
std::string with_noise(double value, double noise) {
  const std::string text = three_digits(value);
  const std::size_t point = text.find('.');
  const std::size_t digits = point == std::string::npos ? 0 : text.size() - point - 1;
  return fmt::format("{} ± {:.{}f}", text, noise, digits);
}

std::string first_sentence(const standing& best, const standing* other) {
  if (other == nullptr) return best.which.name + " was the only one that could be measured.";
  const figure a = best.operations_per_second();
  const figure b = other->operations_per_second();
  const double ratio = a.median / b.median;
  const double noise = std::hypot(a.spread(), b.spread());
  const std::string times = with_noise(ratio, ratio * noise);
  if (std::fabs(ratio - 1) <= std::max(noise, least_noise)) {
    return fmt::format("{}: as fast as {} on this workload within the noise ({} times), {}.", best.which.name,
                       other->which.name, times, memory_difference(best, *other));
  }
  return fmt::format("{}: {} times as fast as {} on this workload, {}.", best.which.name, times, other->which.name,
                     memory_difference(best, *other));
}

std::string second_sentence(const std::vector<const standing*>& order, const standing& best, const standing* other) {
  std::string tail = fmt::format("Its p99.9 is {} µs", micros(best.latency_us(0.999).median));
  if (other != nullptr) {
    tail += fmt::format(" (against {})", micros(other->latency_us(0.999).median));
  }
  const standing* rival = nullptr;
  for (const standing* s : order) {
    if (s != &best && eligible(*s)) {
      rival = s;
      break;
    }
  }
  if (rival == nullptr) return tail + ".";
  const double ratio = rival->operations_per_second().median / best.operations_per_second().median;
  const double noise = noise_of(best.operations_per_second(), rival->operations_per_second());
  if (ratio > 1) {
    return tail + fmt::format(", and {}, {} % faster in the middle of the noise, has the {}.", rival->which.name,
                              three_digits(100 * (ratio - 1)),
                              rival->latency_us(0.999).median > best.latency_us(0.999).median ? "longer tail"
                                                                                              : "larger memory");
  }
  if (ratio > 1 - noise) return tail + fmt::format("; {} is as fast within the noise.", rival->which.name);
  return tail + fmt::format("; the next, {}, reaches {} of its speed.", rival->which.name, percent(ratio));
}

std::string declaration(const advice& all, const standing& best) {
  std::string line = best.which.paste;
  const auto put = [&](const std::string& letter, const std::string& type) {
    for (std::size_t at = 0; (at = line.find(letter, at)) != std::string::npos; at += type.size()) {
      const bool word = (at == 0 || !std::isalnum(static_cast<unsigned char>(line[at - 1]))) &&
                        (at + 1 == line.size() || !std::isalnum(static_cast<unsigned char>(line[at + 1])));
      if (word) {
        line.replace(at, 1, type);
      } else {
        ++at;
      }
    }
  };
  put("K", all.work.key_kind == workload::key_kind::text ? "std::string" : "std::uint64_t");
  put("V", all.work.value_kind == workload::value_kind::bytes ? "std::string" : "std::uint64_t");
  return best.which.header.empty() ? line : line + "   // " + best.which.header;
}

std::string place_in_words(const workload::curve& c, double at, double spread) {
  if (c.parameter == "finds") {
    return fmt::format("{:.0f} ± {:.0f} % finds", 100 * at, std::max(1.0, 100 * spread));
  }
  return fmt::format("{:.0f} ± {:.0f} {}", at, std::max(1.0, spread), c.parameter);
}

std::string where_another_wins(const advice& all, const std::string& best) {
  std::string said;
  std::string tried;
  for (const workload::curve& c : all.curves) {
    if (c.at.empty()) continue;
    for (const workload::crossing& x : workload::crossings_of(c, best)) {
      if (!said.empty()) said += "; ";
      said += fmt::format("{} is faster {} {} (crossing measured here)", x.other, x.above ? "above" : "below",
                          place_in_words(c, x.at.median, (x.at.high - x.at.low) / 2));
      break;
    }
    const bool share = c.parameter == "finds";
    tried += (tried.empty() ? "" : " and ") +
             (share ? fmt::format("from {:.0f} to {:.0f} % finds", 100 * c.at.front(), 100 * c.at.back())
                    : fmt::format("from {:.0f} to {:.0f} {}", c.at.front(), c.at.back(), c.parameter));
  }
  if (!said.empty()) return said + ".";
  if (tried.empty()) return "";
  return "no crossing " + tried + ": none of the contenders overtakes " + best + " beyond the noise.";
}

}  // namespace

verdict judge(const advice& all) {
  verdict made;
  const auto order = by_speed(all);
  for (const standing* s : order) made.order.push_back(s->which.name);
  const standing* best = choose(order);
  if (best == nullptr) return made;
  const standing* other = yardstick(all, order, *best);
  made.best = best->which.name;
  made.advice = first_sentence(*best, other) + " " + second_sentence(order, *best, other);
  made.but = where_another_wins(all, made.best);
  made.change = declaration(all, *best);
  return made;
}

bool advice::found_wrong_map() const {
  return std::any_of(survey.standings.begin(), survey.standings.end(),
                     [](const standing& s) { return !s.refused.empty(); });
}

workload_card card_of(const workload::workload& work) {
  return {.title = work.title,
          .facts = work.facts_of_it,
          .keys = work.key_count,
          .start_entries = work.start.size(),
          .threads = work.threads(),
          .key_kind = work.keys,
          .value_kind = work.values,
          .once = work.once,
          .pace = work.pace,
          .rate_per_s = work.rate_per_s,
          .remarks = {}};
}

}  // namespace portolan::tool
