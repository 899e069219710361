// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include <portolan/prove/linearize/map_wide.hpp>

namespace portolan::prove::linearize {
namespace {

using key_and_value = std::pair<std::uint64_t, std::uint64_t>;

/// When keys were changed: the calls that may change something, by key.
class changes {
 public:
  explicit changes(const history& of) {
    for (const history::piece& each : of.pieces) {
      for (std::size_t i = 0; i < each.count; ++i) {
        const operation& one = each.operations[i];
        step made;
        if (step_of(one, made) && !made.quiet()) when_[one.key].push_back({one.call, one.returned});
      }
    }
  }
  [[nodiscard]] bool any_during(std::uint64_t key, std::uint64_t from, std::uint64_t to) const {
    const auto at = when_.find(key);
    if (at == when_.end()) return false;
    return std::any_of(at->second.begin(), at->second.end(),
                       [&](const auto& each) { return each.first <= to && each.second >= from; });
  }

 private:
  std::unordered_map<std::uint64_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> when_{};
};

std::vector<std::uint64_t> all_keys(const history& of) {
  std::vector<std::uint64_t> keys;
  const auto tidy = [&] {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  };
  for (const history::piece& each : of.pieces) {
    for (std::size_t i = 0; i < each.count; ++i) keys.push_back(each.operations[i].key);
    if (keys.size() > 1'000'000) tidy();
  }
  for (const listing& each : of.listings) {
    for (const key_and_value& shown : each.entries) keys.push_back(shown.first);
  }
  tidy();
  return keys;
}

}  // namespace

map_wide::map_wide(const history& of, const check_limits& limits) : of_(of), limits_(limits) {
  if (!of.listings.empty() || !of.clearings.empty()) expand(limits);
}

void map_wide::expand(const check_limits& limits) {
  const std::vector<std::uint64_t> keys = all_keys(of_);
  for (const clearing& each : of_.clearings) {
    for (const std::uint64_t key : keys) {
      made_.add({each.call, each.returned, key, 0, 0, each.lane, action::erase, ending::done, 0});
    }
  }
  if (of_.listings.empty()) return;
  const changes changed = limits.listing_may_miss_changed_keys ? changes(of_) : changes(history());
  std::vector<key_and_value> shown;
  for (const listing& each : of_.listings) {
    shown.assign(each.entries.begin(), each.entries.end());
    std::sort(shown.begin(), shown.end());
    auto next = shown.begin();
    for (const std::uint64_t key : keys) {
      operation one{each.call, each.returned, key, 0, 0, each.lane, action::find, ending::miss, 0};
      const auto first = next;
      while (next != shown.end() && next->first == key) ++next;
      if (first == next) {
        if (!limits.listing_may_miss_changed_keys || !changed.any_during(key, each.call, each.returned)) made_.add(one);
      } else {
        one.how = ending::hit;
        one.seen = first->second;
        made_.add(one);
      }
    }
  }
}

void map_wide::doubled(verdict& found) const {
  for (const listing& each : of_.listings) {
    std::vector<key_and_value> shown = each.entries;
    std::sort(shown.begin(), shown.end());
    const auto twice =
        std::adjacent_find(shown.begin(), shown.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice == shown.end()) continue;
    violation bad;
    bad.what = violation::kind::listed_twice;
    bad.key = twice->first;
    bad.sentence = "a listing showed key " + of_.name_of(bad.key) + " twice, with the values " +
                   of_.name_of(twice->second) + " and " + of_.name_of((twice + 1)->second);
    for (const auto& entry : {*twice, *(twice + 1)}) {
      bad.core.push_back(
          {each.call, each.returned, entry.first, 0, entry.second, each.lane, action::find, ending::hit, 0});
    }
    bad.culprit = 1;
    found.violations.push_back(std::move(bad));
    return;
  }
}

void map_wide::presence_of(std::span<const item> items, const entry& first) {
  if (of_.countings.empty()) return;
  ++keys_;
  for (const item& each : items) {
    step made;
    if (!step_of(*each.of, made)) continue;
    // What found an entry and leaves one changes no number.
    const bool keeps = made.does == effect::set && (made.needs == before::present || made.needs == before::equal);
    if (!made.quiet() && !keeps) changes_.note(*each.of);
  }
  const auto certain = [&](bool present, std::vector<span_of_time>& spans) {
    std::uint64_t from = first.present == present ? 0 : never;  // certain since then, as yet undisturbed
    std::uint64_t disturbed = 0;                                // the last return of what may end it
    for (const item& each : items) {
      step made;
      if (!step_of(*each.of, made)) continue;
      const bool may_end = present ? made.does == effect::erase : made.does == effect::set || made.does == effect::add;
      if (may_end) {
        // Evidence that overlaps a call that may end it is none.
        if (from != never && from < each.call) spans.push_back({from, each.call});
        from = never;
        disturbed = std::max(disturbed, each.of->returned);
        continue;
      }
      const bool leaves = present ? made.does == effect::set || made.needs == before::present ||
                                        made.needs == before::equal || made.needs == before::other
                                  : made.does == effect::erase || made.needs == before::absent;
      if (!leaves || each.of->returned == never || each.call <= disturbed || disturbed == never) continue;
      if (from == never || each.of->returned < from) from = each.of->returned;
    }
    if (from != never) spans.push_back({from, never});
  };
  certain(true, present_);
  certain(false, absent_);
}

namespace {

/// How many spans hold each of the asked-for times wholly; both by their beginnings, counted over ends in a Fenwick tree.
class enclosing {
 public:
  template <class Spans>
  explicit enclosing(Spans& spans) {
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
    for (const auto& each : spans) ends_.push_back(each.to);
    std::sort(ends_.begin(), ends_.end());
    tree_.assign(ends_.size() + 1, 0);
  }
  void add(std::uint64_t to) {
    ++added_;
    for (std::size_t i = rank(to) + 1; i < tree_.size(); i += i & (~i + 1)) ++tree_[i];
  }
  /// Of the added, those that end at `to` or later.
  [[nodiscard]] std::uint64_t ending_from(std::uint64_t to) const {
    std::uint64_t before = 0;
    for (std::size_t i = rank(to); i > 0; i -= i & (~i + 1)) before += tree_[i];
    return added_ - before;
  }

 private:
  [[nodiscard]] std::size_t rank(std::uint64_t to) const {
    return static_cast<std::size_t>(std::lower_bound(ends_.begin(), ends_.end(), to) - ends_.begin());
  }
  std::vector<std::uint64_t> ends_{};
  std::vector<std::uint64_t> tree_{};
  std::uint64_t added_ = 0;
};

}  // namespace

void map_wide::overlaps::note(const operation& of) {
  calls_.push_back(of.call);
  returns_.push_back(of.returned);
}

void map_wide::overlaps::sort() {
  std::sort(calls_.begin(), calls_.end());
  std::sort(returns_.begin(), returns_.end());
}

std::uint64_t map_wide::overlaps::with(std::uint64_t from, std::uint64_t to) const {
  const auto called = std::upper_bound(calls_.begin(), calls_.end(), to) - calls_.begin();
  const auto over = std::lower_bound(returns_.begin(), returns_.end(), from) - returns_.begin();
  return static_cast<std::uint64_t>(called - over);
}

void map_wide::sizes(verdict& found) {
  if (of_.countings.empty()) return;
  changes_.sort();
  std::vector<counting> told = of_.countings;
  std::sort(told.begin(), told.end(), [](const counting& a, const counting& b) { return a.call < b.call; });
  enclosing there(present_);
  enclosing gone(absent_);
  std::size_t p = 0;
  std::size_t a = 0;
  for (const counting& each : told) {
    while (p < present_.size() && present_[p].from <= each.call) there.add(present_[p++].to);
    while (a < absent_.size() && absent_[a].from <= each.call) gone.add(absent_[a++].to);
    std::uint64_t least = there.ending_from(limits_.sizes_are_of_one_instant ? each.returned : each.call);
    std::uint64_t most = keys_ - gone.ending_from(limits_.sizes_are_of_one_instant ? each.returned : each.call);
    if (!limits_.sizes_are_of_one_instant) {
      const std::uint64_t meanwhile = changes_.with(each.call, each.returned);
      least -= std::min(least, meanwhile);
      most += meanwhile;
    }
    if (each.size >= least && each.size <= most) continue;
    violation bad;
    bad.what = violation::kind::size;
    bad.sentence = "size said " + std::to_string(each.size) + "; with what ran meanwhile it can have been " +
                   std::to_string(least) + " at least and " + std::to_string(most) + " at most";
    found.violations.push_back(std::move(bad));
    return;
  }
}

}  // namespace portolan::prove::linearize
