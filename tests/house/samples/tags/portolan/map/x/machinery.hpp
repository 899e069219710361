#pragma once
int not_public();

namespace portolan::detail {

template <class Map>
class reads : public more_reads<Map> {
 public:
  int inherited_by_a_map() const noexcept { return 1; }

 protected:
  int for_the_map_alone();
};

template <class Map>
class more_reads {
 public:
  int inherited_twice();
};

class nobody_derives {
 public:
  int not_offered();
};

}  // namespace portolan::detail
