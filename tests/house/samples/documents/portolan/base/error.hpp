#pragma once
enum class errc : unsigned char {
  explained,
  unexplained,  ///< why
};
