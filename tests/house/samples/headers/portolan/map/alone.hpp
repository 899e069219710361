#pragma once
inline int alone() { return 1; }
