#pragma once
#include <portolan/map/public/used.hpp>
