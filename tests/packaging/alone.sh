# shellcheck shell=bash
# Sourced by in-debian: our packages where runit has never been. What they leave behind is nothing.
: "${root:?this is for in-debian}"

# files: everything but what apt and dpkg keep for themselves, and the accounts of users, which stay by Debian's policy.
files() {
  (cd "$root" && find . -xdev ! -path './var/lib/dpkg*' ! -path './var/cache/*' ! -path './var/log/*' ! -path './var/lib/apt*' \
    ! -path './tmp*' ! -path './packages*' ! -name '.pwd.lock' ! -name 'passwd*' ! -name 'group*' ! -name '*shadow*' \
    ! -name 'sub[ug]id*' -print | sort)
}

must install runit-helper
before=$(files)

step "Installed"
must install "/packages/$(basename "$root"/packages/runvisor_*.deb)" \
  "/packages/$(basename "$root"/packages/runvisor-container_*.deb)"
expect_healthy
expect_state "installed" runvisor installed
expect_state "installed" runvisor-container installed
if cat "$root"/proc/[0-9]*/comm | grep -xE 'runsv|runsvdir|runit|my_init'; then fail "something has been started"; fi
expect "the log's user" getent passwd _runit-log
expect_text "the set of services" default readlink /etc/runit/runsvdir/current

step "my_init, as the package has it"
write /etc/sv/talking/run 755 <<'EOF'
#!/bin/sh
echo 'I am here'
exec sleep infinity
EOF
within update-service --add /etc/sv/talking >/dev/null
# It is not the first process here, so it looks after its own descendants only.
output=$(within my_init --log=text -- sh -c 'until sv -w 1 check talking; do :; done' 2>&1) || fail "my_init: $output"
[[ $output == *'talking: I am here'* ]] || fail "my_init's log: $output"
expect_text "setuser" "_runit-log" setuser _runit-log id -un

step "Installed again"
must install --reinstall "/packages/$(basename "$root"/packages/runvisor_*.deb)"
expect_healthy
within update-service --remove /etc/sv/talking >/dev/null
rm -r "$root/etc/sv/talking" "$root/etc/service/.talking"

step "Removed, and purged"
must remove runvisor runvisor-container
expect_state "removed" runvisor config-files
expect "the configuration stays" test -f /etc/runit/2
must purge runvisor
expect_state "purged" runvisor not-installed
after=$(files)
[[ $before == "$after" ]] || fail "files: $(diff <(printf '%s\n' "$before") <(printf '%s\n' "$after"))"

step "Where /etc/service is a directory, as in phusion's images"
write /etc/service/own/run 755 <<'EOF'
#!/bin/sh
exec sleep infinity
EOF
must install "/packages/$(basename "$root"/packages/runvisor_*.deb)"
expect_healthy
refuse "it stays a directory" test -h /etc/service
within runsvdir -P /etc/service >/dev/null 2>&1 &
eventually "its services run" sv -w 1 check own
must purge runvisor
expect "its services stay" test -x /etc/service/own/run
