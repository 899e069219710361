#pragma once
#include <cstdint>
#include <portolan/map/high.hpp>
#include <sys/mman.h>
