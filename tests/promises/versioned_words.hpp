// versioned_map in the words of the family, for the promises: each word is a loop over the map's own operations, as a user
// would write it who has no version at hand.
//
//   insert_or_assign   insert, or update the version that refused it            exchange, compare_*   find, update or erase
//   erase, extract     find, erase that version                                 compute               the optimistic update
//
// What is inherited is tested as it is: reading, walking, load_or_compute, erase_if, clear, room.
#pragma once

#include <utility>

#include <portolan/map/versioned_map.hpp>

namespace promises {

template <class K, class V, class Hash, class Equal, class Alloc>
class versioned_words : public portolan::versioned_map<K, V, Hash, Equal, Alloc> {
  using base = portolan::versioned_map<K, V, Hash, Equal, Alloc>;
  using seen_value = portolan::found<portolan::versioned<V>>;

 public:
  using base::base;

  template <class Q = K, class W = V>
  bool insert(const Q& key, W&& value) {
    return base::insert(key, std::forward<W>(value)).accepted();
  }
  template <class Q = K, class... Args>
  bool try_emplace(const Q& key, Args&&... args) {
    return base::try_emplace(key, std::forward<Args>(args)...).accepted();
  }
  template <class Q = K, class W = V>
  portolan::assignment insert_or_assign(const Q& key, W&& value) {
    V own(std::forward<W>(value));
    for (;;) {
      const auto created = base::insert(key, std::move(own));
      if (created.accepted()) return portolan::assignment::inserted;
      if (base::update(key, created.version, std::move(own)).accepted()) return portolan::assignment::assigned;
    }
  }
  template <class Q = K, class W = V>
  seen_value exchange(const Q& key, W&& value) {
    V own(std::forward<W>(value));
    for (;;) {
      seen_value seen = base::find(key);
      const auto expected = seen ? seen->version : portolan::no_version;
      if (base::update(key, expected, std::move(own)).accepted()) return seen;
    }
  }
  template <class Q = K>
  seen_value extract(const Q& key) {
    for (;;) {
      seen_value seen = base::find(key);
      if (!seen || base::erase(key, seen->version).accepted()) return seen;
    }
  }
  template <class Q = K>
  bool erase(const Q& key) {
    for (;;) {
      const auto seen = base::pin(key);
      if (!seen) return false;
      if (base::erase(key, seen->version).accepted()) return true;
    }
  }
  template <class Q = K, class E = V, class W = V>
  portolan::comparison compare_exchange(const Q& key, const E& expected, W&& desired) requires
      requires(const V& value, const E& other) {
    value == other;
  }
  {
    V own(std::forward<W>(desired));
    for (;;) {
      const auto seen = base::pin(key);
      if (!seen) return portolan::comparison::absent;
      if (!(seen->value == expected)) return portolan::comparison::differed;
      if (base::update(key, seen->version, std::move(own)).accepted()) return portolan::comparison::matched;
    }
  }
  template <class Q = K, class E = V>
  portolan::comparison compare_erase(const Q& key, const E& expected) requires
      requires(const V& value, const E& other) {
    value == other;
  }
  {
    for (;;) {
      const auto seen = base::pin(key);
      if (!seen) return portolan::comparison::absent;
      if (!(seen->value == expected)) return portolan::comparison::differed;
      if (base::erase(key, seen->version).accepted()) return portolan::comparison::matched;
    }
  }
  template <class Q = K, class F>
    requires std::is_invocable_v<F&, const V*> portolan::computed compute(const Q& key, F&& f) {
      return base::update(key,
                          [&](const portolan::versioned<V>* now) {
                            return f(now == nullptr ? static_cast<const V*>(nullptr) : &now->value);
                          })
          .outcome;
    }
};

}  // namespace promises
