// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The list of the maps that live, for fork, which needs their locks, and for whoever takes a census.
//
//   class some_map {
//     … members …
//     static constexpr const char* living_type = "some_map";
//     living living_{*this, options.name};                  the last member: joins last, leaves first
//     bool lock_for_fork(std::uint64_t deadline_ns) noexcept;   all its locks, or none once the deadline has passed
//                                                           (or bool try_lock_for_fork() noexcept, asked repeatedly)
//     void unlock_in_parent() noexcept;
//     void unlock_in_child() noexcept;                      same, where no other thread exists (reset_after_fork)
//     bool take_census(map_statistics&) const noexcept;     its figures without waiting for user code; false: not now
//                                                           (may be left out where stats() waits for nobody)
//   };
//
// 1. Sixteen lists with a lock each; a map joins the list of the thread that makes it.
// 2. Around fork all lists are locked, then every map. A map whose lock does not come soon may belong to a thread
//    that waits for a map which is locked already: then everything is given back and tried again. So fork waits
//    for running computes, and never deadlocks with them.
// 3. A thread that forks inside compute gets no map's lock: see fork.hpp, 2.
// 4. Maps may be made and destroyed at any time, in static constructors and destructors too; not inside the
//    functions above.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>

namespace portolan {

struct map_statistics;

class living {
 public:
  /// What is the same for all maps of a type: its name, and what fork and the census may ask.
  struct calls {
    const char* type;
    bool (*lock_for_fork)(void* map, std::uint64_t deadline_ns) noexcept;
    void (*unlock_in_parent)(void* map) noexcept;
    void (*unlock_in_child)(void* map) noexcept;
    bool (*take_census)(const void* map, map_statistics& into) noexcept;
  };

  /// `name` must live as long as the map.
  template <class Map>
  living(Map& map, const char* name) : living(calls_of<Map>, &map, name) {}
  ~living();
  living(const living&) = delete;
  living& operator=(const living&) = delete;

  [[nodiscard]] void* map() const noexcept { return map_; }
  [[nodiscard]] const char* type() const noexcept { return does_->type; }
  [[nodiscard]] const char* name() const noexcept { return name_; }

  /// The map's figures, never waiting for a lock that user code may run under; false: it has none now.
  [[nodiscard]] bool take_census(map_statistics& into) const noexcept { return does_->take_census(map_, into); }

  /// Calls f(context, map) for each living map, a list locked at a time: f must not make or destroy maps.
  static void for_each(void (*f)(void* context, const living& map), void* context);

  /// How many maps live now.
  [[nodiscard]] static std::size_t count();

 private:
  friend struct living_lists;

  living(const calls& does, void* map, const char* name);

  template <class Map>
  static constexpr calls calls_of{
      Map::living_type,
      [](void* map, [[maybe_unused]] std::uint64_t deadline_ns) noexcept {
        if constexpr (requires(Map & its) { its.lock_for_fork(deadline_ns); }) {
          return static_cast<Map*>(map)->lock_for_fork(deadline_ns);
        } else {
          return static_cast<Map*>(map)->try_lock_for_fork();
        }
      },
      [](void* map) noexcept { static_cast<Map*>(map)->unlock_in_parent(); },
      [](void* map) noexcept { static_cast<Map*>(map)->unlock_in_child(); },
      []([[maybe_unused]] const void* map, [[maybe_unused]] map_statistics& into) noexcept {
        if constexpr (requires(const Map& its) { its.take_census(into); }) {
          return static_cast<const Map*>(map)->take_census(into);
        } else if constexpr (requires(const Map& its) { into = its.stats(); }) {
          try {
            return into = static_cast<const Map*>(map)->stats(), true;
          } catch (...) {
            return false;  // no memory for this thread's first guard
          }
        } else {
          return false;
        }
      },
  };

  const calls* does_;
  void* map_;
  const char* name_;
  living* next_ = nullptr;
  living* previous_ = nullptr;
  std::uint32_t list_;
  bool locked_for_fork_ = false;
};

}  // namespace portolan
