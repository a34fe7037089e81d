#!/bin/bash
# usage: engine.sh STORE COMMAND [ARGUMENT...]
# Runs podman so that nothing of this machine changes: images, containers and all of podman's own files are below STORE,
# no cgroup is made, no network but a loopback of the container's own, no device, no limit raised. Needs root.
#
# podman gets a mount namespace of its own, in which STORE's folders lie over /run and /dev/shm, where it keeps its state
# and its locks; /var/lib, where it keeps a cache, cannot be written to; and there are no cgroups to be seen. All
# invocations with one STORE work together.
#
# A build shares podman's network, which is then one with nothing in it. The folders `archives` and `lists` below
# $RUNVISOR_CONTAINER_CACHE, if it is set, take the place of apt's there, so that packages can be installed nevertheless.
set -euo pipefail

# become_private: called in the new namespace.
become_private() {
  local folder
  mount --bind "$store" "$store"
  mount --bind /var/lib /var/lib
  mount -o remount,bind,ro /var/lib
  umount --lazy /sys/fs/cgroup 2>/dev/null || true
  mount -t tmpfs -o ro tmpfs /sys/fs/cgroup
  for folder in /run /dev/shm; do
    mount --bind "$store$folder" "$folder"
  done
}

# Layers are cheap with overlayfs, and copies of everything without.
storage_driver() {
  local probe=$store/probe
  mkdir -p "$probe/lower" "$probe/upper" "$probe/work" "$probe/merged"
  if mount -t overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" overlay "$probe/merged" \
    2>/dev/null; then
    umount "$probe/merged"
    echo overlay
  else
    echo vfs
  fi
}

# at_most NUMBER LIMIT-OPTION: the number, or the hard limit if that is lower.
at_most() {
  local hard
  hard=$(ulimit -H "$2")
  if [[ $hard != unlimited ]] && ((hard < $1)); then echo "$hard"; else echo "$1"; fi
}

[[ $# -ge 2 ]] || { sed -n 's/^# \(usage: \)/\1/p' "$0" >&2 && exit 2; }
here=$(dirname -- "$(realpath -- "$0")")
if [[ -f $1/notice ]]; then
  # make-images has found that podman cannot.
  case $2 in run | exec | stop | healthcheck | rm) exec "$here/namespaces.sh" "$@" ;; esac
fi
if [[ ${RUNVISOR_ENGINE_IS_PRIVATE:-} != yes ]]; then
  mkdir -p "$1/run" "$1/dev/shm"
  chmod 1777 "$1/dev/shm"
  export RUNVISOR_ENGINE_IS_PRIVATE=yes
  namespaces=(--mount)
  [[ $2 != build ]] || namespaces+=(--net)
  exec unshare "${namespaces[@]}" --propagation private -- "$BASH" "$here/engine.sh" "$(realpath -- "$1")" "${@:2}"
fi
unset RUNVISOR_ENGINE_IS_PRIVATE
store=$1
command=$2
shift 2
become_private
[[ -f $store/driver ]] || storage_driver >"$store/driver"

case $command in
  run | create)
    # podman would raise the limits as far as they go, which not even every root may.
    files=$(at_most 4096 -n)
    processes=$(at_most 4096 -u)
    set -- --cgroups=disabled --network=none --pull=never --ulimit "nofile=$files:$files" \
      --ulimit "nproc=$processes:$processes" "$@"
    ;;
  build)
    if [[ -d ${RUNVISOR_CONTAINER_CACHE:-} ]]; then
      # A build may remove what it has there, which is but another name of the file.
      copy=$(mktemp -d "$RUNVISOR_CONTAINER_CACHE/build.XXXXXX")
      trap 'rm -rf "$copy"' EXIT
      cp -al "$RUNVISOR_CONTAINER_CACHE/archives" "$RUNVISOR_CONTAINER_CACHE/lists" "$copy"
      set -- --volume "$copy/archives:/var/cache/apt/archives" --volume "$copy/lists:/var/lib/apt/lists" "$@"
    fi
    # The other isolation makes cgroups, and the other format of images knows no health check.
    set -- --isolation=chroot --network=host --pull=never --format=docker "$@"
    ;;
esac
podman --root "$store/root" --storage-driver "$(<"$store/driver")" --cgroup-manager=cgroupfs \
  --events-backend=none "$command" "$@"
