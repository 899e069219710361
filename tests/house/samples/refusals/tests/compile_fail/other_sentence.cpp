// expect: a key needs a hash
int missing = a_key_needs_a_hash /* a key needs a hash */;
