// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// libcds' SplitListMap with hazard pointers: lock-free, a list of nodes with an array of shortcuts into it, whose
// size must be estimated beforehand (here it is told the true number of keys).
//
// Its `update` changes a value in place beside its readers, so that values must be atomic words: numbers only.
#include <cds/container/michael_kvlist_hp.h>
#include <cds/container/split_list_map.h>
#include <cds/gc/hp.h>
#include <cds/init.h>

#include <atomic>

#include "bench/matrix/loops.hpp"
#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"

namespace portolan::workload {
namespace {

template <class K, class Hash>
struct cds_traits : cds::container::split_list::traits {
  using ordered_list = cds::container::michael_list_tag;
  using hash = Hash;
  struct ordered_list_traits : cds::container::michael_list::traits {
    using less = std::less<K>;
  };
};

template <class K, class Hash = std::hash<K>>
using cds_table = cds::container::SplitListMap<cds::gc::HP, K, std::uint64_t, cds_traits<K, Hash>>;

// The library's own start and end, once in the program.
struct cds_library {
  static constexpr std::size_t threads_at_most = 512;
  cds_library() : started_(start()), collector_(hazards, threads_at_most) {}
  cds_library(const cds_library&) = delete;
  cds_library& operator=(const cds_library&) = delete;
  ~cds_library() = default;

 private:
  static constexpr std::size_t hazards = cds_table<std::uint64_t>::c_nHazardPtrCount + 4;
  static bool start() {
    cds::Initialize();
    return true;
  }
  bool started_;
  cds::gc::HP collector_;
};

template <class K, class V, class Hash = std::hash<K>>
class cds_adapter {
 public:
  explicit cds_adapter(const setup& how) : library_(use_library()), map_(how.work.key_count, 1) {}

  // The thread that makes a map also destroys it; it stays attached.
  void enter_thread() { cds::threading::Manager::attachThread(); }
  void leave_thread() {
    if (!made_here()) cds::threading::Manager::detachThread();
  }

  template <class F>
  bool find(const K& key, F&& f) {
    return map_.find(key, [&](auto& entry) { f(std::atomic_ref(entry.second).load(std::memory_order_acquire)); });
  }
  bool insert(const K& key, V value) { return map_.insert(key, value); }
  void assign(const K& key, V value) {
    const auto replace = [value](bool, auto& entry, auto&&...) {
      std::atomic_ref(entry.second).store(value, std::memory_order_release);
    };
    while (!map_.update(key, replace, false).first && !map_.insert(key, value)) {}
  }
  bool erase(const K& key) { return map_.erase(key); }
  void add(const K& key, std::uint64_t amount) {
    map_.update(key, [amount](bool, auto& entry, auto&&...) { std::atomic_ref(entry.second).fetch_add(amount); });
  }
  template <class F>
  void for_each(F&& f) {
    for (auto at = map_.begin(); at != map_.end(); ++at) f(at->first, std::as_const(at->second));
  }
  std::size_t size() { return map_.size(); }

 private:
  static cds_library& use_library() {
    static cds_library library;
    cds::threading::Manager::attachThread();
    return library;
  }
  [[nodiscard]] bool made_here() const { return maker_ == std::this_thread::get_id(); }

  cds_library& library_;
  std::thread::id maker_ = std::this_thread::get_id();
  cds_table<K, Hash> map_;
};

// Values of bytes never get here: the candidate says `numbers_only`.
std::unique_ptr<subject> make_cds(const setup& how) {
  if (how.work.keys == key_kind::text) {
    return std::make_unique<driver<cds_adapter<std::string, std::uint64_t>, std::string, std::uint64_t>>(how);
  }
  return std::make_unique<driver<cds_adapter<std::uint64_t, std::uint64_t>, std::uint64_t, std::uint64_t>>(how);
}

// Values of 32 bytes cannot change in place beside their readers.
std::unique_ptr<matrix::measured_map> measure_cds(matrix::key_form form, const setup& how) {
  using number = std::uint64_t;
  if (form == matrix::key_form::number) {
    return std::make_unique<matrix::measured<cds_adapter<number, number, shared_hash<number>>, number, number>>(how);
  }
  if (form == matrix::key_form::text) {
    using text = std::string;
    return std::make_unique<matrix::measured<cds_adapter<text, number, shared_hash<text>>, text, number>>(how);
  }
  return nullptr;
}

}  // namespace

candidate libcds_split_list() {
  return {.name = "libcds SplitListMap",
          .origin = origin::peer,
          .what = "told the number of keys",
          .paste = "cds::container::SplitListMap<cds::gc::HP, K, V, traits> map(expected, 1);",
          .header = "cds/container/split_list_map.h",
          .numbers_only = true,
          .make = make_cds,
          .measure = measure_cds};
}

}  // namespace portolan::workload
