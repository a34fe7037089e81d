#!/bin/bash
# usage: namespaces.sh STORE COMMAND [ARGUMENT...]
# What engine.sh becomes where podman cannot run containers: `run`, `exec`, `stop`, `healthcheck run` and `rm` with
# the options that the tests use, on the file trees that `export` has taken out of the images. A container is a process in
# namespaces of its own, with another root directory; what else an engine does (seccomp, fewer capabilities) is not done.
set -euo pipefail

store=$(realpath -- "$1")
command=$2
shift 2

die() {
  echo "namespaces.sh: $*" >&2
  exit 125
}

# first_pid NAME: the first process of a container, as seen from here; only once it is in its own root directory, since
# until then whoever joined it would be on the machine.
first_pid() {
  local pid
  read -r pid 2>/dev/null <"$store/containers/$1/pid" &&
    [[ $(readlink "/proc/$pid/root") == "$store/containers/$1/root" ]] && echo "$pid"
}

# set_up IMAGE CONTAINER: called in the new namespaces; makes what an engine makes: a root directory over the image's, and
# in it file systems of its own.
set_up() {
  local root=$2/root place options node
  if ! mount -t overlay -o "lowerdir=$1/root,upperdir=$2/upper,workdir=$2/work" overlay "$root" 2>/dev/null; then
    cp -a "$1/root/." "$root"
    mount --bind "$root" "$root"
  fi
  mkdir -p "$root/proc" "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  # Nodes of its own: those of the machine must keep their modes.
  for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for node in stdin:0 stdout:1 stderr:2; do
    ln -s "/proc/self/fd/${node#*:}" "$root/dev/${node%:*}"
  done
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  for place in "${volumes[@]}"; do
    [[ $place == *:* ]] || continue
    mkdir -p "$(dirname "$root$(cut -d: -f2 <<<"$place")")"
    touch "$root$(cut -d: -f2 <<<"$place")"
    mount --bind -o ro "${place%%:*}" "$root$(cut -d: -f2 <<<"$place")"
  done
  for place in "${temporary[@]}"; do mkdir -p "$root${place%%:*}"; done
  [[ -z $read_only ]] || mount -o remount,bind,ro "$root"
  for place in "${temporary[@]}"; do
    options=mode=755
    [[ $place != *:* ]] || options=${place#*:}
    mount -t tmpfs -o "$options" tmpfs "$root${place%%:*}"
  done
  ip link set lo up
}

case $command in
  export)
    # export ENGINE IMAGE...
    engine=$1
    shift
    for image in "$@"; do
      folder=$store/images/${image##*:}
      mkdir -p "$folder/root"
      "$engine" "$store" create --name export "$image" >/dev/null
      "$engine" "$store" export export | tar -x -C "$folder/root"
      "$engine" "$store" rm export >/dev/null
      inspect() { "$engine" "$store" image inspect --format "$1" "$image"; }
      inspect '{{range .Config.Env}}{{println .}}{{end}}' | sed '/^$/d' >"$folder/env"
      inspect '{{range .Config.Cmd}}{{println .}}{{end}}' | sed '/^$/d' >"$folder/command"
      inspect '{{with .Config.Healthcheck}}{{index .Test 1}}{{end}}' >"$folder/health"
    done
    ;;
  run)
    name='' user=0:0 read_only='' environment=() volumes=() temporary=()
    while [[ ${1:-} == --* ]]; do
      case $1 in
        --name) name=$2 && shift ;;
        --env) environment+=("$2") && shift ;;
        --user) user=$2 && shift ;;
        --volume) volumes+=("$2") && shift ;;
        --tmpfs) temporary+=("$2") && shift ;;
        --read-only) read_only=yes ;;
        --cap-drop | --security-opt) shift ;;
        --read-only-tmpfs=false) ;;
        *) die "no such option: $1" ;;
      esac
      shift
    done
    image=$store/images/${1##*:} # overlayfs takes no colon
    shift
    [[ -d $image ]] || die "no such image"
    (($#)) || mapfile -t arguments <"$image/command"
    (($# == 0)) || arguments=("$@")
    container=$store/containers/$name
    mkdir -p "$container/root" "$container/upper" "$container/work"
    cat "$image/env" >"$container/env"
    for variable in "${environment[@]}"; do printf '%s\n' "$variable" >>"$container/env"; done
    echo "$user" >"$container/user"
    cp "$image/health" "$container/"
    mapfile -t environment <"$container/env"
    export -f set_up
    declare -p volumes temporary read_only >"$container/options"
    # shellcheck disable=SC2016  # for the inner shell
    unshare --pid --fork --mount --uts --ipc --net --propagation private -- bash -euc '
      . "$1"; set_up "$2" "$3"; shift 3
      exec env -i HOME=/root "$@"' bash "$container/options" "$image" "$container" "${environment[@]}" \
      chroot --userspec="$user" "$container/root" "${arguments[@]}" &
    outer=$!
    pid=
    while [[ -z $pid && -d /proc/$outer ]]; do
      read -r pid 2>/dev/null <"/proc/$outer/task/$outer/children" || true # Its line has no end.
    done
    echo "$pid" >"$container/pid"
    status=0
    wait "$outer" || status=$?
    exit "$status"
    ;;
  exec)
    name=$1
    shift
    pid=$(first_pid "$name") || die "no such container"
    mapfile -t environment <"$store/containers/$name/env"
    user=$(<"$store/containers/$name/user")
    # `env` of the container would not be there in every one.
    exec env -i HOME=/root "${environment[@]}" "$(command -v nsenter)" --target "$pid" --pid --mount --uts --ipc --net \
      --root --wdns=/ --setuid "${user%:*}" --setgid "${user#*:}" -- "$@"
    ;;
  stop)
    patience=$2 name=$3
    pid=$(first_pid "$name") || die "no such container"
    kill -TERM "$pid"
    end=$((SECONDS + patience))
    while [[ -d /proc/$pid ]]; do
      ((SECONDS < end)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.02
    done
    ;;
  healthcheck)
    "$0" "$store" exec "$2" sh -c "$(<"$store/containers/$2/health")" || exit 1
    ;;
  rm)
    names=("${@: -1}")
    [[ ${names[0]} != --* ]] || mapfile -t names < <(ls "$store/containers" 2>/dev/null)
    for name in "${names[@]}"; do
      ! pid=$(first_pid "$name") || kill -KILL "$pid" || true
      rm -rf "$store/containers/$name" 2>/dev/null || { sleep 0.2 && rm -rf "$store/containers/$name"; }
    done
    ;;
  *) die "no such command: $command" ;;
esac
