#pragma once
#include <iostream>
#include <regex>
