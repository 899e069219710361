// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The axiom of sequential consistency: no cycle among the fences and accesses that ask for it.
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <portolan/prove/schedule/graph.hpp>

namespace portolan::prove::schedule {
namespace {

/// A set of points, a bit each.
template <std::size_t Words>
class points_set {
 public:
  static constexpr std::size_t most = 64 * Words;

  void add(std::size_t point) { words_[point / 64] |= std::uint64_t{1} << point % 64; }
  void add(const points_set& other) {
    for (std::size_t at = 0; at < Words; ++at) words_[at] |= other.words_[at];
  }
  [[nodiscard]] bool has(std::size_t point) const { return (words_[point / 64] >> point % 64 & 1) != 0; }
  [[nodiscard]] bool empty() const { return words_ == std::array<std::uint64_t, Words>{}; }
  [[nodiscard]] points_set without(const points_set& other) const {
    points_set left = *this;
    for (std::size_t at = 0; at < Words; ++at) left.words_[at] &= ~other.words_[at];
    return left;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t at = 0; at < Words; ++at) {
      for (std::uint64_t word = words_[at]; word != 0; word &= word - 1) {
        visit(64 * at + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
  }

 private:
  std::array<std::uint64_t, Words> words_{};
};

/// The fences and accesses of sequential consistency.
[[nodiscard]] std::vector<event_id> points_of(const graph& of) {
  std::vector<event_id> all;
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    for (unsigned index = 0; index < of.count(thread); ++index) {
      const ordering order = of.at({thread, index}).order;
      if (order == ordering::sequential || order == ordering::light) all.emplace_back(thread, index);
    }
  }
  return all;
}

/// RC11's psc over the points.
///
///   from(a)  who leads to a:   a itself, fences before a        psc   from(a) × to(b)  for a → b by mo, rb (two fences: eco)
///   to(b)    whom b leads to:  b itself, fences behind b              and what happens before
template <std::size_t Words>
class psc {
  using set = points_set<Words>;

 public:
  psc(const graph& of, std::vector<event_id> points) : graph_(of), points_(std::move(points)), next_(points_.size()) {
    for (std::size_t each = 0; each < points_.size(); ++each) {
      if (is_light(points_[each])) lights_.add(each);
    }
  }

  [[nodiscard]] bool acyclic() {
    join_by_places();
    join_by_happening();
    for (std::size_t via = 0; via < points_.size(); ++via) {
      for (set& each : next_) {
        if (each.has(via)) each.add(next_[via]);
      }
    }
    for (std::size_t each = 0; each < points_.size(); ++each) {
      if (next_[each].has(each)) return false;
    }
    return true;
  }

 private:
  struct end {
    event_id id;
    bool writes;
    unsigned reach;  // a store's position; a load's: of what it read
    set from{};      // the point itself, if it is one
    set to{};
    set fences_before{};
    set fences_behind{};
  };

  [[nodiscard]] const event& at(event_id id) const { return graph_.at(id); }
  [[nodiscard]] bool is_fence(event_id id) const { return at(id).what == action::fence; }
  [[nodiscard]] bool is_light(event_id id) const { return at(id).order == ordering::light; }
  [[nodiscard]] bool hb(event_id left, event_id right) const { return left != right && at(right).hb.holds(left); }

  /// Two light fences order nothing between them (P1202: an asymmetric pair counts as two full fences).
  void join(const set& from, const set& to) {
    from.for_each([&](std::size_t each) { next_[each].add(is_light(points_[each]) ? to.without(lights_) : to); });
  }

  [[nodiscard]] end end_of(event_id id, bool writes) const {
    end of{id, writes, writes ? at(id).position : graph_.position(at(id).source)};
    for (std::size_t each = 0; each < points_.size(); ++each) {
      if (points_[each] == id) {
        of.from.add(each);
        of.to.add(each);
      } else if (is_fence(points_[each])) {
        if (hb(points_[each], id)) of.fences_before.add(each);
        if (hb(id, points_[each])) of.fences_behind.add(each);
      }
    }
    of.from.add(of.fences_before);
    of.to.add(of.fences_behind);
    return of;
  }

  void join_by_places() {
    for (std::size_t place = 0; place < graph_.place_count(); ++place) {
      const graph::place& there = graph_.place_at(static_cast<place_id>(place));
      if (there.stores.empty()) continue;
      ends_.clear();
      for (const event_id store : there.stores) ends_.push_back(end_of(store, true));
      for (const event_id load : there.loads) ends_.push_back(end_of(load, false));
      for (const end& left : ends_) {
        if (left.from.empty()) continue;
        for (const end& right : ends_) {
          if (right.to.empty() || left.id == right.id) continue;
          const bool overtaken = left.reach < right.reach;  // a store behind it, or a load of such a store
          if (right.writes && overtaken) join(left.from, right.to);
          const bool reads_it = left.writes && !right.writes && left.reach == right.reach;
          if (overtaken || reads_it) join(left.fences_before, right.fences_behind);
        }
      }
    }
  }

  void join_by_happening() {
    for (std::size_t left = 0; left < points_.size(); ++left) {
      for (std::size_t right = 0; right < points_.size(); ++right) {
        if (left != right && leads_to(points_[left], points_[right])) {
          set from;
          set to;
          from.add(left);
          to.add(right);
          join(from, to);
        }
      }
    }
  }
  /// What of scb lies in hb, with fences at the ends stretched along hb.
  [[nodiscard]] bool leads_to(event_id from, event_id to) const {
    if (!hb(from, to)) return false;
    if (is_fence(from) && is_fence(to)) return true;
    if (from.thread() == to.thread()) return true;
    if (!is_fence(from) && !is_fence(to)) return scb_in_hb(from, to);
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      for (unsigned index = 0; index < graph_.count(thread); ++index) {
        const event_id between(thread, index);
        if (is_fence(from) && (between == from || hb(from, between)) && scb_in_hb(between, to)) return true;
        if (is_fence(to) && (between == to || hb(between, to)) && scb_in_hb(from, between)) return true;
      }
    }
    return false;
  }
  [[nodiscard]] bool same_place(event_id left, event_id right) const {
    return !is_fence(left) && !is_fence(right) && at(left).place == at(right).place;
  }
  /// po, or hb to the same place, or hb with a step to another place at both ends.
  [[nodiscard]] bool scb_in_hb(event_id left, event_id right) const {
    if (!hb(left, right)) return false;
    if (left.thread() == right.thread() || same_place(left, right)) return true;
    unsigned after = left.index() + 1;
    while (after < graph_.count(left.thread()) && same_place(left, {left.thread(), after})) ++after;
    if (after == graph_.count(left.thread())) return false;
    unsigned upto = right.index();
    while (upto > 0 && same_place(right, {right.thread(), upto - 1})) --upto;
    return upto > 0 && hb({left.thread(), after}, {right.thread(), upto - 1});
  }

  const graph& graph_;
  std::vector<event_id> points_;
  std::vector<set> next_;
  std::vector<end> ends_;
  set lights_;
};

}  // namespace

bool graph::sequentially_consistent() const {
  if (sc_count_ < 2 || sc_count_ == light_count_) return true;
  std::vector<event_id> points = points_of(*this);
  if (points.size() <= points_set<1>::most) return psc<1>(*this, std::move(points)).acyclic();
  if (points.size() <= points_set<16>::most) return psc<16>(*this, std::move(points)).acyclic();
  std::fputs(
      "portolan: a checked program has more than 1,024 sequentially consistent accesses and fences in one "
      "execution; make it smaller\n",
      stderr);
  std::abort();
}

}  // namespace portolan::prove::schedule
