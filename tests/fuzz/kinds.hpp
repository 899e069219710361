// The keys, values, hashes and allocators that the machines' maps are made of: they fail when told to (faults.hpp) and
// keep account of themselves.
//
//   word                     8 bytes, trivially copyable: stands in the table's line where a map can do that
//   object<moves::may_fail>  everything but its destructor may throw
//   object<moves::cannot>    as a std::string: copies may throw, moves do not; what merge and load ask of a key
//
// 1. `account` says how many objects and blocks are alive, and whether one was used after its end or given back wrongly.
// 2. How keys crowd is chosen per machine (`account::crowd`), not per type: one compiled map serves all hashes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>

#include "tests/support/faults.hpp"

namespace fuzz {

using support::fault;
using support::faults;

/// Which keys share hashes.
enum class crowding : std::uint8_t { none, eight_hashes, one_hash, high_bits_only };

/// Atomic, because the timer's thread frees what was retired long ago.
struct account {
  static inline std::atomic<std::int64_t> objects = 0;
  static inline std::atomic<std::int64_t> blocks = 0;
  static inline std::atomic<const char*> wrong = nullptr;  // the first thing that went wrong
  static inline crowding crowd = crowding::none;

  static void blame(const char* what) noexcept {
    if (wrong == nullptr) wrong = what;
  }
  [[nodiscard]] static std::uint64_t hash_of(std::uint64_t number) noexcept {
    const std::uint64_t mixed = (number ^ (number >> 29)) * 0x9E3779B97F4A7C15;
    switch (crowd) {
      case crowding::none: return mixed ^ (mixed >> 32);
      case crowding::eight_hashes: return number % 8;
      case crowding::one_hash: return 42;
      case crowding::high_bits_only: return mixed & (~std::uint64_t{0} << 57);
    }
    return 0;
  }
};

enum class moves : bool { cannot, may_fail };

template <moves Moves>
class object {
  static constexpr bool steady = Moves == moves::cannot;
  static constexpr std::uint64_t whole = 0xA11FE;

 public:
  explicit object(std::uint64_t number) : number_(number) { begin(fault::construction); }
  object(const object& other) : number_(other.read()) { begin(fault::copy); }
  object(object&& other) noexcept(steady) : number_(other.read()) {
    if constexpr (!steady) faults::point(fault::move);
    other.number_ = moved_from;
    ++account::objects;
  }
  object& operator=(const object& other) {
    faults::point(fault::copy);
    number_ = other.read();
    return *this;
  }
  object& operator=(object&& other) noexcept(steady) {
    if constexpr (!steady) faults::point(fault::move);
    number_ = other.read();
    if (this != &other) other.number_ = moved_from;
    return *this;
  }
  ~object() {
    static_cast<void>(read());
    state_ = 0;
    --account::objects;
  }
  [[nodiscard]] std::uint64_t read() const noexcept {
    if (state_ != whole) account::blame("an object was used before its beginning or after its end");
    return number_;
  }
  friend bool operator==(const object& left, const object& right) {
    faults::point(fault::equality);
    return left.read() == right.read();
  }

 private:
  static constexpr std::uint64_t moved_from = 0xDEAD;
  void begin(fault kind) {
    faults::point(kind);
    ++account::objects;
  }

  std::uint64_t number_;
  volatile std::uint64_t state_ = whole;  // the write of the destructor must not be left out
};

struct word_kind {
  static constexpr const char* name = "words";
  static constexpr bool steady = true;
  using type = std::uint64_t;
  static type make(std::uint64_t number) noexcept { return number; }
  static std::uint64_t read(type made) noexcept { return made; }
};
template <moves Moves>
struct object_kind {
  static constexpr const char* name = Moves == moves::cannot ? "steady objects" : "objects";
  static constexpr bool steady = Moves == moves::cannot;
  using type = object<Moves>;
  static type make(std::uint64_t number) { return type(number); }
  static std::uint64_t read(const type& made) noexcept { return made.read(); }
};

/// Cannot throw for words, so that maps keep them in the line; may throw for objects.
struct hash_of {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const noexcept { return account::hash_of(key); }
  template <moves Moves>
  std::uint64_t operator()(const object<Moves>& key) const {
    faults::point(fault::hash);
    return account::hash_of(key.read());
  }
};

/// An allocator that keeps account; its `allocate` is a fault point.
template <class T>
class metered {
 public:
  using value_type = T;
  metered() noexcept = default;
  template <class U>
  metered(const metered<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (faults::strikes(fault::allocation)) throw std::bad_alloc();
    void* const block = ::operator new (count * sizeof(T), std::align_val_t{alignof(T)});
    ++account::blocks;
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t) noexcept {
    --account::blocks;
    ::operator delete (block, std::align_val_t{alignof(T)});
  }
  template <class U>
  bool operator==(const metered<U>&) const noexcept {
    return true;
  }
};

}  // namespace fuzz
