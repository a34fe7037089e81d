# shellcheck shell=bash disable=SC2034  # whoever sources this uses the lists
# The Debian packages that building, testing and demonstrating need, and how they get here. Sourced by ../quickstart
# and ../run-tests, which run it in bash with -euo pipefail. This is the only place that uses the network.

# To build the programs, and the tests with them.
build_packages=(g++ cmake ninja-build libboost1.81-dev libfmt-dev libgtest-dev catch2)
# To check the sources, and to build them in other ways.
check_packages=(clang libclang-rt-14-dev clang-format shellcheck mandoc)
tidy_packages=(clang-tidy)
# The release toolchains: musl with a C++ library made out of GCC's source, which is only unpacked, and the compiler for
# arm64, with what runs its programs, which would register itself with the kernel if it were installed.
musl_packages=(g++-12 make xz-utils musl-dev linux-libc-dev)
musl_sources=(gcc-12-source)
arm64_packages=(g++-aarch64-linux-gnu googletest)
arm64_emulators=(qemu-user-static)

# The example services' daemons. Installing them would start them, so they are only unpacked.
daemon_packages=(nginx redis-server redis-tools memcached cron busybox)
# The shared libraries that those load and a base system may lack.
daemon_libraries=(libatomic1 libevent-2.1-7 libjemalloc2 liblua5.1-0 liblzf1 libpcre2-8-0 libsasl2-2 libssl3
  lua-bitop lua-cjson)
# To test the example services: programs whose packages start nothing.
example_packages=(puma)
# The daemons of the examples that only the tests start, and what they in turn lack.
test_daemon_packages=(busybox-static syslog-ng-core openssh-server openssh-client postgresql-15 postgresql-client-15)
test_daemon_libraries=(libglib2.0-0 libivykis0 libjson-c5 libnet1 libpcre3 libpq5 libwrap0)
# The original, to compare with.
original_packages=(runit)
# To build the Debian packages, check them, and make the system in which they are installed; there, what they replace, and
# what depends on that. The last one cannot be installed beside runit-init.
packaging_packages=(debhelper lintian mmdebstrap)
replaced_packages=(runit runit-services getty-run runit-init cron procps)
replaced_packages_apart=(runit-run)
# The benchmark: its other peers, which are only unpacked, and what runs one of them and draws the curves.
peer_packages=(s6 execline libs6-2.11 libskarnet2.13 libexecline2.9 daemontools supervisor python3-pkg-resources tini
  dumb-init)
benchmark_packages=(python3 gnuplot-nox)
# To run containers; to hold Kubernetes manifests and compose files against their schemas; and what is installed into the
# images, the stand-in for phusion's among them.
container_packages=(crun iproute2 podman)
manifest_packages=(docker-compose python3-kubernetes)
image_packages=(busybox cron logrotate nginx openssh-server runit syslog-ng-core)

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

is_root() { [[ $(id -u) -eq 0 ]]; }

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true) == installed ]] || printf '%s\n' "$name"
  done
}

apt_updated=
# Fetches the package lists, once in a run.
update_package_lists() {
  [[ -z $apt_updated ]] || return 0
  apt-get update -qq
  apt_updated=yes
}

# install_packages NAME...: installs what is missing. Without root it fails and says what to install.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  is_root || die "these packages are missing, and only root can install them: ${missing[*]}"
  say "Installing ${missing[*]}"
  update_package_lists
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# unpack_packages FOLDER NAME...: downloads those packages that are not installed and unpacks them below FOLDER,
# without installing anything. What FOLDER holds already is not fetched again. Needs no root, but package lists.
unpack_packages() {
  local folder=$1 wanted downloads package
  shift
  mapfile -t wanted < <(missing_packages "$@")
  if [[ -f $folder/packages && $(<"$folder/packages") == "${wanted[*]}" ]]; then
    return 0
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  if ((${#wanted[@]})); then
    say "Unpacking ${wanted[*]} below ${folder#"$PWD"/}"
    downloads=$folder/downloads
    mkdir "$downloads"
    if is_root; then update_package_lists; fi
    (cd "$downloads" && apt-get download -qq -o APT::Sandbox::User=root "${wanted[@]}") || return 1
    for package in "$downloads"/*.deb; do
      dpkg-deb --extract "$package" "$folder" || return 1
    done
    rm -r "$downloads"
  fi
  say "${wanted[*]}" >"$folder/packages"
}

# use_unpacked FOLDER: makes the programs and libraries below FOLDER available to this process and its children.
use_unpacked() {
  local folder=$1 libraries
  libraries=$(printf '%s:' "$folder"/usr/lib/*-linux-*/)
  export PATH="$folder/usr/sbin:$folder/usr/bin:$folder/sbin:$folder/bin:$PATH:/usr/sbin:/sbin"
  export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:-}"
}

# fetch_image_sources FOLDER: makes debian.tar there, the root file system that images are built from, which leaves out
# what Debian's official slim image leaves out; and `archives` and `lists`, with which apt installs image_packages and
# replaced_packages without a network. What FOLDER holds already is not fetched again. Needs root.
fetch_image_sources() {
  local folder=$1 contents="${image_packages[*]} ${replaced_packages[*]}" apart=${replaced_packages_apart[*]}
  local download='apt-get install -qq --download-only --no-install-recommends' made left_out options=() sources recipe
  # Another recipe makes another one.
  recipe="$contents $apart $(declare -f fetch_image_sources | cksum)"
  if [[ -f $folder/packages && $(<"$folder/packages") == "$recipe" ]]; then
    return 0
  fi
  say "Making the root file system for images in ${folder#"$PWD"/}"
  update_package_lists
  for left_out in doc groff info lintian locale man; do
    options+=(--dpkgopt="path-exclude=/usr/share/$left_out/*")
  done
  # This machine's own sources, so that its own mirror is used.
  # shellcheck disable=SC2016  # apt's names
  mapfile -t sources < <(apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
    --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)')
  made=$(mktemp -d "$folder.XXXXXX") || return 1
  mkdir "$made/archives" "$made/lists"
  # With /usr merged from the beginning: to merge it later takes all of perl.
  # shellcheck disable=SC2016  # the hooks' own
  mmdebstrap --mode=root --variant=minbase "${options[@]}" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt=force-unsafe-io \
    --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --customize-hook="chroot \"\$1\" $download $contents" \
    --customize-hook="chroot \"\$1\" $download $apart" \
    --customize-hook="sync-out /var/cache/apt/archives $made/archives" \
    --customize-hook="sync-out /var/lib/apt/lists $made/lists" \
    bookworm "$made/debian.tar" "${sources[@]}" >"$made/log" 2>&1 || {
    cat "$made/log" >&2
    return 1
  }
  say "$recipe" >"$made/packages"
  rm -rf "$folder"
  mv "$made" "$folder"
}
