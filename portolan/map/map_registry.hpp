// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Maps by name and type, each of which can be replaced by another while its readers go on.
//
//   registry ─ table (immutable, sorted) ─► place "routes" ─► present map ◄── readers' handles
//   replace("routes", next):                                ─► next map       the old one lives until its last handle
//
// 1. A handle shows one map, whole, for as long as it is held. Who asks after a replacement gets the new one.
// 2. Readers never wait: find is a guard, two loads, a search by name and one count; a `registered` handle that follows a
//    name is one load, and a count only after a replacement.
// 3. A map is destroyed once, after its last handle, by who lets go of it last.
// 4. The key is the name; asking for it as another type is an error that names both. No address is ever a key.
//
// Who writes into a map that is being replaced writes into the old one. Where that must not be lost, write through `write`
// and replace through `replace_with`: it holds up those writers (not the readers) while it carries the entries over.
// The machinery: registry/. The story: docs/guide/map_registry.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/error.hpp>
#include <portolan/base/living.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/registry/generation.hpp>
#include <portolan/map/registry/type_name.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan {

/// A registry was asked for a name that it does not have, or has as another type. The sentence holds name and types.
class registry_error : public error {
 public:
  /// Writes the sentence; long names are cut. Nothing is allocated.
  ///
  /// @returns   nothing
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  registry_error(errc code, std::string_view name, std::string_view asked, std::string_view made) noexcept;

  [[nodiscard]] const char* what() const noexcept override { return text_; }

 private:
  char text_[1024];
};

/// An owning handle on one map: shares it, keeps it alive, always shows the same one. A copy is one more count.
///
/// When not to use it: to follow a name over replacements; that is what `registered` is for.
template <class Map>
class map_handle {
 public:
  constexpr map_handle() noexcept = default;
  map_handle(const map_handle& other) noexcept : held_(other.held_) {
    if (held_ != nullptr) held_->add_owner();
  }
  map_handle(map_handle&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  map_handle& operator=(const map_handle& other) noexcept { return *this = map_handle(other); }
  map_handle& operator=(map_handle&& other) noexcept {
    map_handle(std::move(other)).swap(*this);
    return *this;
  }
  ~map_handle() {
    if (held_ != nullptr) held_->drop_owner();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }
  [[nodiscard]] Map& operator*() const noexcept { return held_->map; }
  [[nodiscard]] Map* operator->() const noexcept { return &held_->map; }
  void swap(map_handle& other) noexcept { std::swap(held_, other.held_); }
  friend bool operator==(const map_handle& one, const map_handle& other) noexcept { return one.held_ == other.held_; }

 private:
  friend class map_registry;
  template <class>
  friend class registered;
  template <class Made, class... Args>
  friend map_handle<Made> make_map(Args&&... args);

  /// Takes one count over.
  explicit map_handle(detail::generation* held) noexcept : held_(static_cast<detail::generation_of<Map>*>(held)) {}

  detail::generation_of<Map>* held_ = nullptr;
};

/// A map of its own, to be filled and then given to a registry.
///
/// @returns   a handle on Map(args...)
/// @sees      nothing shared
/// @progress  as Map's constructor
/// @cost      one allocation besides Map's own
/// @throws    what Map's constructor throws, std::bad_alloc
/// @calls     Map's constructor
template <class Map, class... Args>
[[nodiscard]] map_handle<Map> make_map(Args&&... args) {
  return map_handle<Map>(detail::generation_of<Map>::make(std::forward<Args>(args)...));
}

/// Follows a name: each use is of the map that is registered now, without a search by name. One thread uses one at a time.
///
/// When not to use it: for several calls that must be about one map; take `hold()` for these. Keeps the last map that it
/// saw alive until it is used again: do not park many of them.
template <class Map>
class registered {
 public:
  registered(registered&& other) noexcept
      : place_(std::exchange(other.place_, nullptr)), last_(std::move(other.last_)) {}
  registered& operator=(registered&& other) noexcept {
    std::swap(place_, other.place_);
    std::swap(last_, other.last_);
    return *this;
  }
  registered(const registered& other) noexcept : place_(other.place_), last_(other.last_) {
    if (place_ != nullptr) place_->add_owner();
  }
  registered& operator=(const registered& other) noexcept { return *this = registered(other); }
  ~registered() {
    if (place_ != nullptr) place_->drop_owner();
  }

  /// The map that is registered now; after the name was removed, the last one.
  ///
  /// @returns   a reference that is good until this object is used again
  /// @sees      all that was written into the map before it was registered
  /// @progress  wait-free
  /// @cost      one load; after a replacement also a guard and two counts
  /// @throws    std::bad_alloc at a thread's first use, when more threads live than ever before
  /// @calls     the old map's destructor, if this was its last handle
  [[nodiscard]] Map& current() {
    if (place_->present() != last_.held_) [[unlikely]]
      catch_up();
    return *last_;
  }

  /// As current.
  ///
  /// @returns   the map that is registered now, for the one call that follows
  /// @sees      as current
  /// @progress  as current
  /// @cost      as current
  /// @throws    as current
  /// @calls     as current
  [[nodiscard]] Map* operator->() { return &current(); }

  /// A handle on the map that is registered now, for several calls about one map.
  ///
  /// @returns   the handle
  /// @sees      as current
  /// @progress  wait-free
  /// @cost      as current, and one count
  /// @throws    as current
  /// @calls     as current
  [[nodiscard]] map_handle<Map> hold() {
    static_cast<void>(current());
    return last_;
  }

  /// Whether the name is still registered.
  ///
  /// @returns   false once it was removed or the registry is gone: from then on this shows the last map
  /// @sees      one instant between call and return
  /// @progress  wait-free
  /// @cost      one load
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] bool is_registered() const noexcept { return place_->present() != nullptr; }

 private:
  friend class map_registry;
  /// Takes one count of each over.
  registered(detail::registry_place* place, map_handle<Map> first) noexcept : place_(place), last_(std::move(first)) {}

  [[gnu::cold, gnu::noinline]] void catch_up() {
    if (detail::generation* const now = place_->share()) last_ = map_handle<Map>(now);
  }

  detail::registry_place* place_;
  map_handle<Map> last_;
};

/// One row of a registry's listing; keeps its texts alive.
class registered_name {
 public:
  registered_name(registered_name&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
  registered_name& operator=(registered_name&& other) noexcept {
    std::swap(place_, other.place_);
    return *this;
  }
  ~registered_name() {
    if (place_ != nullptr) place_->drop_owner();
  }
  [[nodiscard]] std::string_view name() const noexcept { return place_->name(); }
  /// The map's type as the compiler spells it.
  [[nodiscard]] std::string_view type() const noexcept { return place_->type().name; }

 private:
  friend class map_registry;
  explicit registered_name(detail::registry_place* place) noexcept : place_(place) { place->add_owner(); }

  detail::registry_place* place_;
};

/// How a replacement ended.
enum class replacement : std::uint8_t { created, replaced };

/// Named maps, for tables that are loaded anew while services run: routes, prices, feature switches.
///
/// When not to use it: for names without bound, making one copies the table of names. For one map that is replaced as a
/// whole snapshot_map's store_all does it without a name. Handles may outlive the registry.
/// Everything that a thread wrote into a map before it registered it is seen by who finds it there.
class map_registry {
 public:
  /// Makes an empty registry; `name` is for reports and must outlive it.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but the list of living maps
  /// @progress  may wait for another map that is made or destroyed
  /// @cost      O(1), no allocation
  /// @throws    nothing
  /// @calls     no user code
  explicit map_registry(const char* name = "");
  map_registry(const map_registry&) = delete;
  map_registry& operator=(const map_registry&) = delete;
  ~map_registry();

  /// The map called `name`.
  ///
  /// @returns   a handle on it; empty if there is none of that name
  /// @sees      one instant between call and return; all that was written into the map before it was registered
  /// @progress  wait-free
  /// @cost      a guard, two loads, a search among the names and one count
  /// @throws    registry_error(errc::other_map_type) if it is a map of another type
  /// @calls     no user code
  template <class Map>
  [[nodiscard]] map_handle<Map> find(std::string_view name) const {
    return map_handle<Map>(find_generation(name, detail::type_of<Map>));
  }

  /// The map called `name`, which must be there.
  ///
  /// @returns   a handle on it, never empty
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find
  /// @throws    registry_error(errc::no_such_map), registry_error(errc::other_map_type)
  /// @calls     no user code
  template <class Map>
  [[nodiscard]] map_handle<Map> get(std::string_view name) const {
    auto found = find<Map>(name);
    if (!found) refuse_missing(name, detail::type_of<Map>);
    return found;
  }

  /// The map called `name`; made as Map(args...) if there is none. Of several threads that make it one map stays.
  ///
  /// @returns   a handle on it, never empty
  /// @sees      one instant between call and return
  /// @progress  as find if it is there; else waits for others that change the registry
  /// @cost      as find if it is there; else Map's constructor and O(names)
  /// @throws    registry_error(errc::other_map_type), what Map's constructor throws, std::bad_alloc: then nothing is there
  /// @calls     Map's constructor, with no lock held; of several threads each may make one, all but one are destroyed
  template <class Map, class... Args>
  map_handle<Map> get_or_create(std::string_view name, Args&&... args) {
    if (auto found = find<Map>(name)) return found;
    auto made = make_map<Map>(std::forward<Args>(args)...);
    return map_handle<Map>(find_or_put(name, detail::type_of<Map>, made.held_));
  }

  /// Puts `next` in the place of the map called `name`, or registers it if there is none. Readers go on with the old map
  /// as long as they hold it; so do writers, and what they write there is lost to the new one: see replace_with.
  ///
  /// @returns   whether it replaced a map
  /// @sees      one instant: who asks later gets `next`, with all that was written into it before
  /// @progress  waits for others that change the registry, never for readers
  /// @cost      O(1) for a name that is there, else O(names); looks once what can be freed
  /// @throws    registry_error(errc::other_map_type), std::bad_alloc: everything is as before
  /// @calls     the old map's destructor, if nobody holds it
  template <class Map>
  replacement replace(std::string_view name, map_handle<Map> next) {
    return put(name, detail::type_of<Map>, next.held_);
  }

  /// Replaces the map called `name` by Map(args...) after `carry(next, old)` has filled it. What is written through
  /// `write` meanwhile waits: it is in `old` before `carry` runs, or in the new map afterwards. Readers do not wait.
  ///
  /// @returns   a handle on the new map
  /// @sees      one instant: who asks later gets the new map
  /// @progress  waits for calls of `write` for this name, and holds up later ones until `carry` has ended
  /// @cost      Map's constructor and `carry`; as replace
  /// @throws    what `carry` and Map's constructor throw: the old map stays; registry_error as get; reentrant_call from
  ///            inside write or replace_with for the same name
  /// @calls     `carry` under the name's writers' lock: it may use any map, not write or replace_with for this name
  template <class Map, class F, class... Args>
    requires std::is_invocable_v<F&, Map&, Map&>
  [[gnu::always_inline]] map_handle<Map> replace_with(std::string_view name, F&& carry, Args&&... args) {
    return replace_by<Map>(platform::here(), name, carry, std::forward<Args>(args)...);
  }

  /// Calls `f(map)` with the map that is registered as `name`, which no replace_with carries over meanwhile.
  ///
  /// @returns   what `f` returns
  /// @sees      what `f` writes is in the map that is registered when this returns, unless somebody used plain replace
  /// @progress  shares a lock with other calls; waits for a replace_with of this name
  /// @cost      as get, and two changes of one word that the writers of this name share
  /// @throws    what `f` throws; registry_error as get; reentrant_call from inside write or replace_with for the same name
  /// @calls     `f` under the shared lock of the name: it may use any map, not write or replace_with for this name
  template <class Map, class F>
    requires std::is_invocable_v<F&, Map&>
  [[gnu::always_inline]] decltype(auto) write(std::string_view name, F&& f) {
    return write_by<Map>(platform::here(), name, f);
  }

  /// A handle that follows the name over replacements, for the hot path.
  ///
  /// @returns   the handle, which shows the present map
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find, and one count more
  /// @throws    registry_error as get
  /// @calls     no user code
  template <class Map>
  [[nodiscard]] registered<Map> follow(std::string_view name) const {
    for (;;) {
      detail::registry_place* const place = hold_place(name, detail::type_of<Map>);
      if (detail::generation* const now = place->share()) return registered<Map>(place, map_handle<Map>(now));
      place->drop_owner();  // removed just now
    }
  }

  /// Forgets the name. Its map lives until the last handle; who follows the name goes on with that map.
  ///
  /// @returns   true if there was a map of that name, of whatever type
  /// @sees      one instant between call and return
  /// @progress  waits for others that change the registry, never for readers
  /// @cost      O(names)
  /// @throws    std::bad_alloc: everything is as before
  /// @calls     the map's destructor, if nobody holds it
  bool remove(std::string_view name);

  /// All names with their types, in the order of the names.
  ///
  /// @returns   one row a map
  /// @sees      one instant between call and return
  /// @progress  wait-free but for the memory
  /// @cost      O(names)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  [[nodiscard]] std::vector<registered_name> names() const;

  /// How many maps are registered.
  ///
  /// @returns   the number
  /// @sees      one instant between call and return
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] std::size_t size() const;

 private:
  friend class living;
  class table;
  struct change;
  using code_place = platform::code_address;

  [[nodiscard]] detail::generation* find_generation(std::string_view name, const detail::map_type& type) const;
  [[nodiscard]] detail::registry_place* hold_place(std::string_view name, const detail::map_type& type) const;
  [[nodiscard]] detail::generation* find_or_put(std::string_view name, const detail::map_type& type,
                                                detail::generation* made);
  replacement put(std::string_view name, const detail::map_type& type, detail::generation* next);
  [[nodiscard]] detail::generation* put_over(detail::registry_place& at, detail::generation* next);
  [[noreturn]] static void refuse_missing(std::string_view name, const detail::map_type& type);

  /// Gives a place's count back.
  struct held_place {
    explicit held_place(detail::registry_place* at) noexcept : at_(at) {}
    held_place(const held_place&) = delete;
    held_place& operator=(const held_place&) = delete;
    ~held_place() { at_->drop_owner(); }
    detail::registry_place* operator->() const noexcept { return at_; }
    detail::registry_place& operator*() const noexcept { return *at_; }

   private:
    detail::registry_place* at_;
  };

  /// The generation that was replaced; let go of when all locks are free.
  struct leaving {
    ~leaving() {
      if (old != nullptr) at.let_go(old);
    }
    detail::registry_place& at;
    detail::generation* old = nullptr;
  };

  template <class Map, class F>
  decltype(auto) write_by(code_place here, std::string_view name, F& f) {
    const held_place at(hold_place(name, detail::type_of<Map>));
    critical_scope::refuse_reentry(&*at, here);
    const shared_lock<shared_mutex> together(at->writers());
    const map_handle<Map> now(at->share());
    if (!now) refuse_missing(name, detail::type_of<Map>);
    const critical_scope inside(&*at, here);
    return f(*now);
  }

  template <class Map, class F, class... Args>
  map_handle<Map> replace_by(code_place here, std::string_view name, F& carry, Args&&... args) {
    const held_place at(hold_place(name, detail::type_of<Map>));
    critical_scope::refuse_reentry(&*at, here);
    auto next = make_map<Map>(std::forward<Args>(args)...);
    leaving gone{*at};
    map_handle<Map> old;
    const exclusive_lock<shared_mutex> alone(at->writers());
    old = map_handle<Map>(at->share());
    if (!old) refuse_missing(name, detail::type_of<Map>);
    {
      const critical_scope inside(&*at, here);
      carry(*next, *old);
    }
    gone.old = put_over(*at, next.held_);
    return next;
  }

  [[nodiscard]] bool try_lock_for_fork() noexcept;
  void unlock_in_parent() noexcept;
  void unlock_in_child() noexcept;

  published<const table*> names_;
  mutex changes_;
  epoch::domain domain_;
  static constexpr const char* living_type = "map_registry";
  living living_;
};

}  // namespace portolan
