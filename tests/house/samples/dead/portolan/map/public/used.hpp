#pragma once
int used();
