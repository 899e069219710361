// expect: a key needs operator==
int main() {}
