#pragma once
namespace portolan {

class value {
 public:
  value(int number, int other) noexcept : number_(number), other_{other} {}
  value(int number) : number_(number) {}
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] int declared_elsewhere() const noexcept;
  constexpr int both() const { return number_ + other_; }

 private:
  class inner;
  int number_;
  int other_ = 0;
};

class value::inner : public value {
 public:
  int known_inside_only();
};

inline int value::declared_elsewhere() const noexcept {
  int sum = number_;
  return sum + other_;
}

}  // namespace portolan
