// What each operation should do and say, in the plainest words.
#include "machine.hpp"

#include <algorithm>

#include <portolan/map/vocabulary.hpp>

namespace fuzz {
namespace {

using portolan::assignment;
using portolan::comparison;
using portolan::computed;

template <class Outcome>
std::uint64_t said(Outcome how) noexcept {
  return static_cast<std::uint64_t>(how);
}

void tell(answer& says, const content& in, std::uint64_t key) {
  const auto at = in.find(key);
  says.push_back(at != in.end() ? 1 : 0);
  if (at != in.end()) says.push_back(at->second);
}
tally tally_of(const content& in) {
  tally all;
  for (const auto& [key, number] : in) all.add(key, number);
  return all;
}
std::uint64_t compute(content& in, const call& wanted, std::optional<std::uint64_t> decided) {
  const auto at = in.find(wanted.key);
  if (!decided) {
    if (at == in.end()) return said(computed::absent);
    in.erase(at);
    return said(computed::erased);
  }
  const bool there = at != in.end();
  in[wanted.key] = *decided;
  return said(there ? computed::assigned : computed::inserted);
}

}  // namespace

std::uint64_t expected_by(const call& wanted, const content& now) {
  const auto at = now.find(wanted.key);
  return at != now.end() && wanted.more % 16 < 8 ? at->second : wanted.number ^ 1;
}

void model::perform(const call& wanted, answer& says) {
  switch (wanted.what) {
    case op::contains:
    case op::find:
    case op::visit:
    case op::pin:
    case op::unpin:
    case op::find_many:
    case op::visit_many:
    case op::find_each:
    case op::visit_each:
    case op::measure:
    case op::for_each:
    case op::for_each_until:
    case op::snapshot:
    case op::list:
    case op::list_in_order:
    case op::prefetch: return look(wanted, says);
    case op::insert:
    case op::try_emplace:
    case op::insert_or_assign:
    case op::exchange:
    case op::compare_exchange:
    case op::compute_keep:
    case op::compute_erase:
    case op::compute_assign:
    case op::compute_optional: return put(wanted, says);
    case op::load_or_compute:
    case op::load_declined:
    case op::load_nested:
    case op::load_or_store:
    case op::compare_and_swap:
    case op::insert_each:
    case op::assign_each: return put_many(wanted, says);
    case op::erase:
    case op::extract:
    case op::compare_erase:
    case op::erase_if:
    case op::erase_each:
    case op::clear: return take(wanted, says);
    case op::walk_erasing:
    case op::walk_inserting:
    case op::walk_clearing:
    case op::walk_within_walk: return walk(wanted, says);
    case op::reserve:
    case op::shrink:
    case op::swap:
    case op::merge:
    case op::dump_and_load:
    case op::update:
    case op::store_all:
    case op::view:
    case op::make_anew: return whole(wanted, says);
  }
}

void model::look(const call& wanted, answer& says) {
  const content& in = at(wanted.other);
  switch (wanted.what) {
    case op::contains: says.push_back(in.contains(wanted.key) ? 1 : 0); return;
    case op::find:
    case op::visit:
    case op::pin: return tell(says, in, wanted.key);
    case op::find_many:
    case op::find_each:
      for (std::uint32_t i = 0; i < wanted.count(); ++i) tell(says, in, wanted.key_of(i));
      return;
    case op::visit_many:
    case op::visit_each: {
      tally seen;
      for (std::uint32_t i = 0; i < wanted.count(); ++i) {
        if (const auto at = in.find(wanted.key_of(i)); at != in.end()) seen.add(i, at->second);
      }
      return seen.tell(says);
    }
    case op::measure: says.insert(says.end(), {in.size(), in.empty() ? 1U : 0U}); return;
    case op::for_each:
    case op::snapshot:
    case op::list:
    case op::list_in_order: return tally_of(in).tell(says);
    case op::for_each_until: says.push_back(std::min<std::uint64_t>(in.size(), wanted.count())); return;
    default: return;
  }
}

void model::put(const call& wanted, answer& says) {
  content& in = at(wanted.other);
  const auto found = in.find(wanted.key);
  const bool there = found != in.end();
  switch (wanted.what) {
    case op::insert:
    case op::try_emplace: says.push_back(in.emplace(wanted.key, wanted.number).second ? 1 : 0); return;
    case op::insert_or_assign:
      says.push_back(said(there ? assignment::assigned : assignment::inserted));
      in[wanted.key] = wanted.number;
      return;
    case op::exchange:
      tell(says, in, wanted.key);
      in[wanted.key] = wanted.number;
      return;
    case op::compare_exchange:
      if (!there) return says.push_back(said(comparison::absent));
      if (found->second != expected_by(wanted, in)) return says.push_back(said(comparison::differed));
      found->second = wanted.number;
      return says.push_back(said(comparison::matched));
    case op::compute_keep: says.push_back(said(there ? computed::kept : computed::absent)); return;
    case op::compute_erase: says.push_back(compute(in, wanted, std::nullopt)); return;
    case op::compute_assign: says.push_back(compute(in, wanted, (there ? found->second : 0) + wanted.number)); return;
    case op::compute_optional:
      says.push_back(
          compute(in, wanted, wanted.more % 16 < 8 ? std::optional(wanted.number) : std::optional<std::uint64_t>()));
      return;
    default: return;
  }
}

void model::put_many(const call& wanted, answer& says) {
  content& in = at(wanted.other);
  switch (wanted.what) {
    case op::load_or_compute: in.emplace(wanted.key, wanted.number); return tell(says, in, wanted.key);
    case op::load_declined: return tell(says, in, wanted.key);
    case op::load_nested:
      if (!in.contains(wanted.key)) {
        in.emplace(wanted.key_of(1), wanted.number);
        in.emplace(wanted.key, wanted.number + 1);
      }
      return tell(says, in, wanted.key);
    case op::load_or_store:
      says.push_back(in.emplace(wanted.key, wanted.number).second ? 0 : 1);
      return tell(says, in, wanted.key);
    case op::compare_and_swap: {
      const auto found = in.find(wanted.key);
      const bool equal = found != in.end() && found->second == expected_by(wanted, in);
      if (equal && wanted.more / 16 % 2 == 0) found->second = wanted.number;
      if (equal && wanted.more / 16 % 2 == 1) in.erase(found);
      return says.push_back(equal ? 1 : 0);
    }
    case op::insert_each:
    case op::assign_each: {
      tally told;
      for (std::uint32_t i = 0; i < wanted.count(); ++i) {
        const bool came = in.emplace(wanted.key_of(i), wanted.number + i).second;
        if (!came && wanted.what == op::assign_each) in[wanted.key_of(i)] = wanted.number + i;
        if (came) told.add(i, 1);
      }
      return told.tell(says);
    }
    default: return;
  }
}

void model::take(const call& wanted, answer& says) {
  content& in = at(wanted.other);
  switch (wanted.what) {
    case op::erase: says.push_back(in.erase(wanted.key)); return;
    case op::extract:
      tell(says, in, wanted.key);
      in.erase(wanted.key);
      return;
    case op::compare_erase: {
      const auto found = in.find(wanted.key);
      if (found == in.end()) return says.push_back(said(comparison::absent));
      if (found->second != expected_by(wanted, in)) return says.push_back(said(comparison::differed));
      in.erase(found);
      return says.push_back(said(comparison::matched));
    }
    case op::erase_if:
      says.push_back(std::erase_if(in, [&](const auto& entry) { return goes(wanted, entry.first); }));
      return;
    case op::erase_each: {
      tally told;
      for (std::uint32_t i = 0; i < wanted.count(); ++i) {
        if (in.erase(wanted.key_of(i)) == 1) told.add(i, 1);
      }
      return told.tell(says);
    }
    case op::clear: in.clear(); return;
    default: return;
  }
}

void model::walk(const call& wanted, answer& says) {
  content& in = at(wanted.other);
  const tally before = tally_of(in);
  switch (wanted.what) {
    case op::walk_erasing:
      before.tell(says);
      std::erase_if(in, [&](const auto& entry) { return goes(wanted, entry.first); });
      return;
    case op::walk_inserting:
      before.tell(says);
      if (before.count == 0) return;
      for (std::uint32_t i = 0; i < wanted.count(); ++i) in.emplace(wanted.key_of(i), wanted.number + i);
      return;
    case op::walk_clearing: in.clear(); return;
    case op::walk_within_walk:
      for (std::uint64_t i = 0; i < 1 + std::min<std::uint64_t>(before.count, 3); ++i) before.tell(says);
      return;
    default: return;
  }
}

void model::whole(const call& wanted, answer& says) {
  content& in = at(wanted.other);
  content& second = at(!wanted.other);
  switch (wanted.what) {
    case op::swap: in.swap(second); return;
    case op::merge: {
      const std::size_t before = in.size();
      in.merge(second);
      says.insert(says.end(), {in.size() - before, second.size()});
      return;
    }
    case op::dump_and_load: {
      const bool replaces = wanted.more % 16 < 8;
      std::uint64_t inserted = 0;
      for (const auto& [key, number] : in) {
        inserted += second.contains(key) ? 0 : 1;
        if (replaces || !second.contains(key)) second[key] = number;
      }
      says.insert(says.end(), {inserted, in.size() - inserted});
      return;
    }
    case op::update:
      tell(says, in, wanted.key);
      if (wanted.more / 8 % 4 == 1) in.clear();
      says.push_back(in.emplace(wanted.key, wanted.number).second ? 1 : 0);
      in[wanted.key_of(1)] = wanted.number;
      says.push_back(in.erase(wanted.key_of(2)));
      tally_of(in).tell(says);
      return;
    case op::store_all:
      in.clear();
      for (std::uint32_t i = 0; i < wanted.count(); ++i) in[wanted.key_of(i)] = wanted.number + i;
      return;
    case op::view:
      tally_of(in).tell(says);
      tell(says, in, wanted.key);
      in[wanted.key] = wanted.number;
      return;
    case op::make_anew: in.clear(); return;
    default: return;
  }
}

}  // namespace fuzz
