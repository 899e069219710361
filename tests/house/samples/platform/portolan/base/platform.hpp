#pragma once
template <class T>
using atomic = std::atomic<T>;
