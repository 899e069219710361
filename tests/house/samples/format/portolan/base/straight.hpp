#pragma once
int straight(int x) { return x; }
