#pragma once
int unused();
