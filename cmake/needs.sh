# Sourced by ./run and ./test: installs the Debian packages that are missing, and only those.
#
#   install_missing PACKAGE...     as root: installs, with one line of progress; else: says what to install

missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qx "$package installed" <<<"$installed" || echo "$package"
  done
}

install_missing() {
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "$0: this machine has no apt-get. Install what Debian calls: ${missing[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "$0: ${#missing[@]} packages are missing and only root may install them:" >&2
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  log=$(mktemp)
  echo "installing ${#missing[@]} packages (${missing[*]}); this happens once"
  # RUNLEVEL=1: a server that comes with a package is not started.
  if ! { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
         apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "$0: apt-get could not install the packages; its last words stand above, all of them in $log" >&2
    return 1
  fi
  rm -f "$log"
}

# What the library, the command line and its benchmarks are built from.
PACKAGES_TO_BUILD=(g++ cmake ninja-build zlib1g-dev libtbb-dev libcuckoo-dev libcds-dev liburcu-dev libabsl-dev
                   libcli11-dev libfmt-dev nlohmann-json3-dev libgtest-dev python3)
# What the tests need on top.
PACKAGES_TO_TEST=(clang lld libclang-rt-14-dev clang-format clang-tidy pkg-config redis-server binutils valgrind)
