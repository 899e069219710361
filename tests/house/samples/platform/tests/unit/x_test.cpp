std::atomic<int> tests_may{new int};
