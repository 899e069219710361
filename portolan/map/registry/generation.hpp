// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One map that a registry has, had, or will have, and the place where its name's present one stands.
//
//   table ─► place "routes" ─ present ─► generation 8 (map)  ◄── handles: a count each
//                                        generation 7 (map)  ◄── handles that were taken before the replacement
//
// 1. A generation is one map for its whole life; it is destroyed by who drops its last count: the registry's (after a grace
//    period) or a handle's. So exactly once, and after its last reader.
// 2. A reader takes a count only under a guard, from `present`; the registry gives its own count back only by the
//    reclaimer. So a count never rises from 0.
// 3. A place is counted too: handles that follow a name outlive the name and the registry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>
#include <string_view>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/registry/type_name.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::detail {

class generation {
 public:
  using destroy_function = void (*)(generation*) noexcept;

  explicit generation(destroy_function destroy) noexcept : destroy_(destroy) {}
  generation(const generation&) = delete;
  generation& operator=(const generation&) = delete;

  void add_owner() noexcept {
    owners_.fetch_add(1, platform::relaxed);  // relaxed: who adds has a count or a guard
  }
  void drop_owner() noexcept {
    // pair generation_owners: acq_rel, so that who destroys the map has seen all that the others did with it.
    if (owners_.fetch_sub(1, platform::acq_rel) == 1) destroy_(this);
  }
  static void drop_for_reclaimer(void* raw, void*) noexcept { static_cast<generation*>(raw)->drop_owner(); }

 protected:
  ~generation() = default;

 private:
  platform::atomic<std::uint32_t> owners_{1};
  const destroy_function destroy_;
};

template <class Map>
class generation_of final : public generation {
 public:
  template <class... Args>
  [[nodiscard]] static generation_of* make(Args&&... args) {
    void* const raw = platform::allocate(sizeof(generation_of), alignof(generation_of));
    try {
      return std::construct_at(static_cast<generation_of*>(raw), in_its_memory(), std::forward<Args>(args)...);
    } catch (...) {
      platform::deallocate(raw, sizeof(generation_of), alignof(generation_of));
      throw;
    }
  }

  Map map;

  struct in_its_memory {};
  template <class... Args>
  explicit generation_of(in_its_memory, Args&&... args) : generation(&destroy), map(std::forward<Args>(args)...) {}
  ~generation_of() = default;

 private:
  static void destroy(generation* self) noexcept {
    auto* const own = static_cast<generation_of*>(self);
    std::destroy_at(own);
    platform::deallocate(own, sizeof(generation_of), alignof(generation_of));
  }
};

/// Where the present map of one name stands.
class registry_place {
 public:
  /// With one count, and the registry's count on `first`.
  [[nodiscard]] static registry_place* make(std::string_view name, const map_type& type, generation* first);
  void add_owner() noexcept {
    owners_.fetch_add(1, platform::relaxed);  // relaxed: who adds has a count or a guard
  }
  void drop_owner() noexcept;
  static void drop_for_reclaimer(void* raw, void*) noexcept { static_cast<registry_place*>(raw)->drop_owner(); }

  [[nodiscard]] std::string_view name() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), name_bytes_};
  }
  [[nodiscard]] const map_type& type() const noexcept { return type_; }

  /// The present generation, null once the name is gone; only to compare, or under a guard.
  [[nodiscard]] generation* present() const noexcept { return present_.observe(); }
  /// The present generation with a count for the caller; null once the name is gone.
  [[nodiscard]] generation* share() const {
    const epoch::guard guard(domain_);
    generation* const now = present_.observe();
    platform::step("generation seen");
    if (now != nullptr) now->add_owner();
    return now;
  }
  /// Puts `next`, whose count it takes over, in the present one's place, which the caller then lets go of; by the holder
  /// of the registry's lock.
  [[nodiscard]] generation* exchange(generation* next) noexcept {
    generation* const old = present_.observe();
    present_.publish(next);
    return old;
  }
  /// Gives the registry's count on a generation that was exchanged back, once no reader can be taking one. With no lock
  /// held: a map may be destroyed.
  void let_go(generation* old) noexcept;

  [[nodiscard]] shared_mutex& writers() noexcept { return writers_; }

  registry_place(std::size_t name_bytes, const map_type& type, generation* first) noexcept
      : present_(first), type_(type), name_bytes_(name_bytes) {}
  registry_place(const registry_place&) = delete;
  registry_place& operator=(const registry_place&) = delete;
  ~registry_place();

 private:
  published<generation*> present_;
  const map_type& type_;
  const std::size_t name_bytes_;
  platform::atomic<std::uint32_t> owners_{1};
  shared_mutex writers_;
  epoch::domain domain_;
};

}  // namespace portolan::detail
