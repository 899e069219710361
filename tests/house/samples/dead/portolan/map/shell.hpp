// Only words.
#pragma once
