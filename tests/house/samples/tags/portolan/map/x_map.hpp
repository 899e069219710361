#pragma once
namespace portolan {

struct options { int seed = 0; bool on() const noexcept { return seed != 0; } };

template <class K, class V, class Hash = hash<K>>
  requires std::equality_comparable<K> && requires(const K& k) { k < k; }
class x_map final : public detail::reads<x_map<K, V, Hash>>, nobody_derives {
 public:
  using key_type = K;
  x_map() = default;
  x_map(const x_map&) = delete;
  x_map& operator=(const x_map&) = delete;
  ~x_map();

  /// Makes an empty map that can hold some entries at once.
  ///
  /// @returns   nothing
  /// @sees      nothing of other threads
  /// @progress  never waits
  /// @cost      one allocation
  /// @throws    std::bad_alloc
  /// @calls     nothing
  explicit x_map(options given, Hash hash = {}) : hash_{hash}, options_(given) {}
  explicit x_map(int capacity) : x_map(options{capacity}) {}  // an overload of what is documented above

  /// Gives the value under `key`.
  /// @returns   the value
  /// @sees      all
  /// @progress  never waits
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     Hash
  template <class Q>
    requires std::convertible_to<Q, K>
  [[nodiscard]] std::optional<V> find(const Q& key) const {
    return {};
  }

  bool contains(const K& key) const { return find(key).has_value(); }

  /// Lacks some.
  /// @returns   true
  /// @cost      O(1)
  bool insert(const K& key, V value);

  /// Has them in another order.
  /// @sees      all
  /// @returns   the number
  /// @progress  never waits
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] int size() const noexcept { return 0; }

 protected:
  void not_public();

 private:
  struct inner { int shown(); };
  void machinery() { if (true) { machinery(); } }
  Hash hash_;
  options options_{};
};

namespace detail {
void of_the_inside();
}

int free_function(int number);

}  // namespace portolan
