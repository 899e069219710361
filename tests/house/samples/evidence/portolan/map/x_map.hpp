#pragma once
namespace portolan {

class x_map {
 public:
  /// Finds the value.
  ///
  /// @returns  the value
  /// @sees     one instant
  /// @progress never waits
  /// @cost     O(1)
  /// @throws   nothing
  /// @calls    nothing
  int find(int key) const;

  /// Puts a value there.
  ///
  /// @returns  true if it did
  /// @sees     one instant
  /// @progress never waits
  /// @cost     O(1)
  /// @throws   nothing
  /// @calls    as find
  bool insert(int key);
};

}  // namespace portolan
