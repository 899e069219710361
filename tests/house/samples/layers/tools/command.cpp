#include <mutex>
#include <portolan/map/high.hpp>
