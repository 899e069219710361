#pragma once
#include "beside.hpp"
#include <immintrin.h>
#include <mutex>
#include <portolan/base/low.hpp>
#include <bench/workload/trace.hpp>
// #include <thread>
