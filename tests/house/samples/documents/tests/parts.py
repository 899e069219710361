add_argument("--quick")
