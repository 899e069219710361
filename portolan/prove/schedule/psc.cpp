// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The axiom of sequential consistency: no cycle among the fences and accesses that ask for it.
#include <bit>
#include <portolan/prove/schedule/graph.hpp>

namespace portolan::prove::schedule {
namespace {

/// RC11's psc over the fences and accesses of sequential consistency, at most 64 of them: a bit each.
///
///   from(a)  who leads to a:   a itself, fences before a        psc   from(a) × to(b)  for a → b by mo, rb (two fences: eco)
///   to(b)    whom b leads to:  b itself, fences behind b              and what happens before
class psc {
 public:
  explicit psc(const graph& of) : graph_(of) {
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      for (unsigned index = 0; index < of.count(thread); ++index) {
        const ordering order = of.at({thread, index}).order;
        if (order == ordering::sequential || order == ordering::light) points_.push_back({thread, index});
      }
    }
    if (points_.size() > 64) points_.resize(64);
    next_.resize(points_.size());
  }

  [[nodiscard]] bool acyclic() {
    join_by_places();
    join_by_happening();
    for (std::size_t via = 0; via < points_.size(); ++via) {
      for (std::uint64_t& each : next_) {
        if ((each >> via & 1) != 0) each |= next_[via];
      }
    }
    for (std::size_t each = 0; each < points_.size(); ++each) {
      if ((next_[each] >> each & 1) != 0) return false;
    }
    return true;
  }

 private:
  struct end {
    event_id id;
    bool writes;
    unsigned reach;          // a store's position; a load's: of what it read
    std::uint64_t from = 0;  // the point itself, if it is one
    std::uint64_t to = 0;
    std::uint64_t fences_before = 0;
    std::uint64_t fences_behind = 0;
  };

  [[nodiscard]] const event& at(event_id id) const { return graph_.at(id); }
  [[nodiscard]] bool is_fence(event_id id) const { return at(id).what == action::fence; }
  [[nodiscard]] bool is_light(event_id id) const { return at(id).order == ordering::light; }
  [[nodiscard]] bool hb(event_id left, event_id right) const { return left != right && at(right).hb.holds(left); }

  /// Two light fences order nothing between them (P1202: an asymmetric pair counts as two full fences).
  void join(std::uint64_t from, std::uint64_t to) {
    for (; from != 0; from &= from - 1) {
      const auto each = static_cast<unsigned>(std::countr_zero(from));
      next_[each] |= is_light(points_[each]) ? to & ~lights() : to;
    }
  }
  [[nodiscard]] std::uint64_t lights() {
    if (!lights_known_) {
      for (std::size_t each = 0; each < points_.size(); ++each) {
        if (is_light(points_[each])) lights_ |= std::uint64_t{1} << each;
      }
      lights_known_ = true;
    }
    return lights_;
  }

  [[nodiscard]] end end_of(event_id id, bool writes) const {
    end of{id, writes, writes ? at(id).position : graph_.position(at(id).source)};
    for (std::size_t each = 0; each < points_.size(); ++each) {
      const std::uint64_t bit = std::uint64_t{1} << each;
      if (points_[each] == id) {
        of.from |= bit;
        of.to |= bit;
      } else if (is_fence(points_[each])) {
        if (hb(points_[each], id)) of.fences_before |= bit;
        if (hb(id, points_[each])) of.fences_behind |= bit;
      }
    }
    of.from |= of.fences_before;
    of.to |= of.fences_behind;
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
        if (left.from == 0) continue;
        for (const end& right : ends_) {
          if (right.to == 0 || left.id == right.id) continue;
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
          join(std::uint64_t{1} << left, std::uint64_t{1} << right);
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
  std::vector<std::uint64_t> next_;
  std::vector<end> ends_;
  std::uint64_t lights_ = 0;
  bool lights_known_ = false;
};

}  // namespace

bool graph::sequentially_consistent() const {
  return sc_count_ < 2 || sc_count_ == light_count_ || psc(*this).acyclic();
}

}  // namespace portolan::prove::schedule
