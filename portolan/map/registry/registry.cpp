// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a registry does that does not depend on the types of its maps.
//
//   names_ ──► table: count │ place* │ place* │ place* …     sorted by name, immutable
//   changes: one mutex ─ the next table ─ one store ─ unlock ─ retire the old table, let go of the old map
//
// 1. A reader finds a table, a place and a generation under one guard; each is retired after it was unlinked.
// 2. The registry has one count on each place and one on each present generation. A place that left gives its own back in
//    the registry's domain, a generation in its place's domain: so a place can outlive the registry.
// 3. Nothing of the user's is destroyed while a lock is held.
#include <cstring>
#include <new>
#include <optional>

#include <portolan/map/map_registry.hpp>

namespace portolan {

namespace {

using detail::generation;
using detail::map_type;
using detail::registry_place;

/// Appends to a fixed text, cutting what does not fit.
class sentence {
 public:
  sentence(char* text, std::size_t size_bytes) noexcept : at_(text), left_(size_bytes - 1) { *at_ = '\0'; }
  sentence& operator<<(std::string_view words) noexcept {
    const std::size_t taken = words.size() < left_ ? words.size() : left_;
    std::memcpy(at_, words.data(), taken);
    at_ += taken;
    left_ -= taken;
    *at_ = '\0';
    return *this;
  }
  /// A name in at most `most` characters.
  sentence& cut(std::string_view name, std::size_t most) noexcept {
    if (name.size() <= most) return *this << name;
    return *this << name.substr(0, most - 3) << "...";
  }

 private:
  char* at_;
  std::size_t left_;
};

constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_type = 360;

}  // namespace

registry_error::registry_error(errc code, std::string_view name, std::string_view asked, std::string_view made) noexcept
    : error(code, "") {
  sentence says(text_, sizeof text_);
  if (code == errc::other_map_type) {
    says << "portolan: the map named \"";
    says.cut(name, longest_name) << "\" was made as ";
    says.cut(made, longest_type) << " and asked for as ";
    says.cut(asked, longest_type) << "; ask for the type that it was made with, or give the other map its own name";
  } else {
    says << "portolan: no map is named \"";
    says.cut(name, longest_name) << "\" (asked for as ";
    says.cut(asked, longest_type) << "); make it with get_or_create, or ask with find, which may give an empty handle";
  }
}

namespace detail {

registry_place* registry_place::make(std::string_view name, const map_type& type, generation* first) {
  void* const raw = platform::allocate(sizeof(registry_place) + name.size(), alignof(registry_place));
  auto* const made = std::construct_at(static_cast<registry_place*>(raw), name.size(), type, first);
  if (!name.empty()) std::memcpy(reinterpret_cast<char*>(made + 1), name.data(), name.size());
  return made;
}

void registry_place::drop_owner() noexcept {
  // pair registry_place_owners: acq_rel, so that who frees the place has seen all that the others did with it.
  if (owners_.fetch_sub(1, platform::acq_rel) != 1) return;
  const std::size_t size_bytes = sizeof(registry_place) + name_bytes_;
  std::destroy_at(this);
  platform::deallocate(this, size_bytes, alignof(registry_place));
}

registry_place::~registry_place() {
  if (generation* const left = present_.observe()) left->drop_owner();
}

void registry_place::let_go(generation* old) noexcept {
  domain_.retire(old, &generation::drop_for_reclaimer, nullptr, sizeof(generation));
  domain_.collect();
}

}  // namespace detail

/// All names at one time.
class map_registry::table {
 public:
  [[nodiscard]] static table* make(std::size_t count) {
    void* const raw = platform::allocate(size_of(count), alignof(table));
    return std::construct_at(static_cast<table*>(raw), count);
  }
  static void unmake(const table* used) noexcept {
    if (used != nullptr) platform::deallocate(const_cast<table*>(used), size_of(used->count_), alignof(table));
  }
  static void unmake_for_reclaimer(void* raw, void*) noexcept { unmake(static_cast<table*>(raw)); }

  explicit table(std::size_t count) noexcept : count_(count) {}
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_of(count_); }
  [[nodiscard]] registry_place** begin() noexcept { return reinterpret_cast<registry_place**>(this + 1); }
  [[nodiscard]] registry_place* const* begin() const noexcept {
    return reinterpret_cast<registry_place* const*>(this + 1);
  }
  [[nodiscard]] registry_place* const* end() const noexcept { return begin() + count_; }

  /// The first place whose name is not below `name`.
  [[nodiscard]] std::size_t lower_bound(std::string_view name) const noexcept {
    std::size_t low = 0;
    std::size_t high = count_;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (begin()[middle]->name() < name) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
  [[nodiscard]] static registry_place* find(const table* in, std::string_view name) noexcept {
    if (in == nullptr) return nullptr;
    const std::size_t at = in->lower_bound(name);
    return at < in->count_ && in->begin()[at]->name() == name ? in->begin()[at] : nullptr;
  }
  [[nodiscard]] static table* with(const table* in, registry_place* one) {
    const std::size_t before = in == nullptr ? 0 : in->count_;
    const std::size_t at = in == nullptr ? 0 : in->lower_bound(one->name());
    table* const made = make(before + 1);
    for (std::size_t i = 0; i < before; ++i) made->begin()[i < at ? i : i + 1] = in->begin()[i];
    made->begin()[at] = one;
    return made;
  }
  /// Null if nothing is left.
  [[nodiscard]] static table* without(const table& in, const registry_place* one) {
    if (in.count_ == 1) return nullptr;
    table* const made = make(in.count_ - 1);
    registry_place** into = made->begin();
    for (registry_place* each : in) {
      if (each != one) *into++ = each;
    }
    return made;
  }

 private:
  [[nodiscard]] static constexpr std::size_t size_of(std::size_t count) noexcept {
    return sizeof(table) + count * sizeof(registry_place*);
  }

  const std::size_t count_;
};

namespace {

/// The place, if it is of the type that is asked for.
registry_place* checked(registry_place* at, std::string_view name, const map_type& type) {
  if (at != nullptr && !at->type().is(type)) {
    throw registry_error(errc::other_map_type, name, type.name, at->type().name);
  }
  return at;
}

}  // namespace

map_registry::map_registry(const char* name) : living_(*this, name) {}

map_registry::~map_registry() {
  const table* const last = names_.observe();
  if (last == nullptr) return;
  for (registry_place* each : *last) {
    each->let_go(each->exchange(nullptr));
    each->drop_owner();
  }
  table::unmake(last);
}

generation* map_registry::find_generation(std::string_view name, const map_type& type) const {
  const epoch::guard guard(domain_);
  const table* const seen = names_.observe();
  platform::step("names seen");
  registry_place* const at = checked(table::find(seen, name), name, type);
  platform::step("place seen");
  if (at == nullptr) return nullptr;
  generation* const now = at->present();
  if (now != nullptr) now->add_owner();
  return now;
}

registry_place* map_registry::hold_place(std::string_view name, const map_type& type) const {
  const epoch::guard guard(domain_);
  const table* const seen = names_.observe();
  platform::step("names seen");
  registry_place* const at = checked(table::find(seen, name), name, type);
  platform::step("place seen");
  if (at == nullptr) refuse_missing(name, type);
  at->add_owner();
  return at;
}

void map_registry::refuse_missing(std::string_view name, const map_type& type) {
  throw registry_error(errc::no_such_map, name, type.name, "");
}

/// A change of the registry: what left is retired when the mutex is free again.
struct map_registry::change {
  explicit change(map_registry& changed) noexcept : registry(changed) {}
  change(const change&) = delete;
  change& operator=(const change&) = delete;
  ~change() {
    if (unused != nullptr) unused->drop_owner();
    if (old_table != nullptr) {
      registry.domain_.retire(const_cast<table*>(old_table), &table::unmake_for_reclaimer, nullptr,
                              old_table->size_bytes());
    }
    if (old_map_at != nullptr) {
      if (old_map != nullptr) old_map_at->let_go(old_map);
      old_map_at->drop_owner();
    }
    if (removed != nullptr) {
      registry.domain_.retire(removed, &registry_place::drop_for_reclaimer, nullptr, sizeof(registry_place));
      registry.domain_.collect();
    }
  }

  /// A new name; `first` gets the registry's count.
  void add_locked(std::string_view name, const map_type& type, generation* first) {
    unused = registry_place::make(name, type, nullptr);
    const table* const next = table::with(registry.names_.observe(), unused);
    first->add_owner();
    static_cast<void>(std::exchange(unused, nullptr)->exchange(first));
    old_table = registry.names_.observe();
    registry.names_.publish(next);
  }
  void exchange_locked(registry_place& at, generation* next) noexcept {
    if (next != nullptr) next->add_owner();
    at.add_owner();  // another thread may remove the name before the old map is let go
    old_map_at = &at;
    old_map = at.exchange(next);
  }

  map_registry& registry;
  registry_place* unused = nullptr;
  const table* old_table = nullptr;
  registry_place* old_map_at = nullptr;
  generation* old_map = nullptr;
  registry_place* removed = nullptr;
};

generation* map_registry::find_or_put(std::string_view name, const map_type& type, generation* made) {
  change what(*this);
  const exclusive_lock<mutex> alone(changes_);
  generation* stays = made;
  if (registry_place* const at = checked(table::find(names_.observe(), name), name, type)) {
    stays = at->present();
  } else {
    what.add_locked(name, type, made);
  }
  stays->add_owner();
  return stays;
}

replacement map_registry::put(std::string_view name, const map_type& type, generation* next) {
  change what(*this);
  const exclusive_lock<mutex> alone(changes_);
  if (registry_place* const at = checked(table::find(names_.observe(), name), name, type)) {
    what.exchange_locked(*at, next);
    return replacement::replaced;
  }
  what.add_locked(name, type, next);
  return replacement::created;
}

generation* map_registry::put_over(registry_place& at, generation* next) {
  const exclusive_lock<mutex> alone(changes_);
  if (at.present() == nullptr) refuse_missing(at.name(), at.type());  // removed meanwhile
  next->add_owner();
  return at.exchange(next);
}

bool map_registry::remove(std::string_view name) {
  change what(*this);
  const exclusive_lock<mutex> alone(changes_);
  const table* const now = names_.observe();
  registry_place* const at = table::find(now, name);
  if (at == nullptr) return false;
  const table* const next = table::without(*now, at);
  what.old_table = now;
  names_.publish(next);
  what.exchange_locked(*at, nullptr);
  what.removed = at;
  return true;
}

std::vector<registered_name> map_registry::names() const {
  std::vector<registered_name> rows;
  const epoch::guard guard(domain_);
  const table* const now = names_.observe();
  if (now == nullptr) return rows;
  rows.reserve(now->size());
  for (registry_place* each : *now) rows.push_back(registered_name(each));
  return rows;
}

std::size_t map_registry::size() const {
  const epoch::guard guard(domain_);
  const table* const now = names_.observe();
  return now == nullptr ? 0 : now->size();
}

// ---- for fork (base/living.hpp) ----

bool map_registry::try_lock_for_fork() noexcept {
  if (!changes_.try_lock()) return false;
  const table* const now = names_.observe();
  if (now == nullptr) return true;
  for (registry_place* const* each = now->begin(); each != now->end(); ++each) {
    if ((*each)->writers().try_lock()) continue;
    while (each != now->begin()) (*--each)->writers().unlock();
    changes_.unlock();
    return false;
  }
  return true;
}

void map_registry::unlock_in_parent() noexcept {
  if (const table* const now = names_.observe()) {
    for (registry_place* each : *now) each->writers().unlock();
  }
  changes_.unlock();
}

void map_registry::unlock_in_child() noexcept {
  if (const table* const now = names_.observe()) {
    for (registry_place* each : *now) each->writers().reset_after_fork();
  }
  changes_.reset_after_fork();
}

}  // namespace portolan
