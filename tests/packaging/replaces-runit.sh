# shellcheck shell=bash
# Sourced by in-debian: our package in the place of Debian's runit, with packages that depend on that, and services running.
: "${root:?this is for in-debian}"

# An earlier one than what is being tested, to upgrade from: the same with another version and another stage 3.
step "An older version of our packages"
mkdir -p "$root/older"
for package in runvisor runvisor-container; do
  dpkg-deb --raw-extract "$root/packages/$package"_*.deb "$root/scratch"
  sed -i 's/^Version: .*/Version: 0.0.1/;s/(= [^)]*)$/(= 0.0.1)/;s/^Provides: .*/Provides: runit (= 2.1.2-54)/;/^Built-Using/d' \
    "$root/scratch/DEBIAN/control"
  if [[ $package == runvisor ]]; then echo '# older' >>"$root/scratch/etc/runit/3"; fi
  dpkg-deb --build -Znone "$root/scratch" "$root/older/$package.deb" >/dev/null
  rm -r "$root/scratch"
done

step "Debian's runit, and packages that need it"
must install runit runit-services getty-run cron procps
expect_state "to begin with" runit installed
[[ -x $root/etc/sv/cron/run ]] || fail "runit-services has not installed its service for cron"

# What the tests below look at.
write /etc/sv/lasting/run 755 <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
exec sleep infinity
EOF
write /etc/sv/refusing/run 755 <<'EOF'
#!/usr/bin/env /lib/runit/invoke-run
exit 162
EOF
write /etc/sv/refusing/finish 755 <<'EOF'
#!/bin/sh
exec /lib/runit/finish-exec "$@"
EOF
# It denies every start; from here on services are to run.
rm "$root/usr/sbin/policy-rc.d"
within update-service --add /etc/sv/lasting >/dev/null

step "A supervisor of Debian's, with services"
within runsvdir -P /etc/service >"$root/output" 2>&1 &
eventually "the service runs" sv -w 1 check lasting
eventually "cron runs" sv -w 1 check cron
lasting=$(within cat /etc/sv/lasting/supervise/pid)
cron=$(within cat /etc/sv/cron/supervise/pid)

step "Replaced by an older one of ours, with everything running"
must install /older/runvisor.deb
expect_state "replaced" runit config-files
expect_state "replaced" runvisor installed
expect_state "dependants stay" runit-services installed
expect_state "dependants stay" getty-run installed
expect_healthy
expect_text "it is ours" "runvisor" dpkg -S /usr/bin/sv
expect_text "a service is not interrupted" "(pid $lasting)" sv status lasting
expect_text "a service is not interrupted" "(pid $cron)" sv status cron
expect "the stock service is as it was" test -h /etc/runit/runsvdir/default/cron
expect "default-syslog is enabled" test -h /etc/runit/runsvdir/default/default-syslog

step "Debian's runit, purged afterwards, takes nothing away"
must purge runit
expect_state "purged" runit not-installed
expect "the set of services stays chosen" test -d /etc/service/lasting
expect "default-syslog is enabled" test -h /etc/runit/runsvdir/default/default-syslog
for file in /etc/runit/1 /etc/runit/2 /etc/runit/3 /etc/sv/default-syslog/run; do
  expect "configuration stays" test -f "$file"
done
expect_text "a service is not interrupted" "(pid $lasting)" sv status lasting

step "Our supervisor"
kill %1
wait %1 || true
within sh -c 'sv force-shutdown /etc/service/*' >/dev/null || true
within runsvdir -P /etc/service >"$root/output" 2>&1 &
eventually "a service with invoke-run runs" sv -w 1 check lasting
eventually "the stock service cron runs" sv -w 1 check cron
eventually "default-syslog runs" sh -c 'sv status default-syslog | grep -q ^run:'
eventually "cron is there" pgrep -x cron

step "finish-exec leaves down what would fail again"
within update-service --add /etc/sv/refusing >/dev/null
eventually "the service is down" sh -c 'sv status refusing | grep -q "^down: refusing: .*, normally up$"'
eventually "the reason is told" grep -qF 'invoke-run: ERROR 162 in refusing: configtest or early setup failed' /output

step "getty-run's services end without a terminal"
eventually "getty-ttyS0 goes down" sh -c 'sv status getty-ttyS0 | grep -q "^down"'

step "A change of configuration outlives an upgrade"
echo '# the change' >>"$root/etc/runit/rc.shutdown"
must install "/packages/$(basename "$root"/packages/runvisor_*.deb)"
expect_state "upgraded" runvisor installed
expect_text "the change is kept" '# the change' cat /etc/runit/rc.shutdown
refuse "what was not changed is upgraded" grep -q '# older' /etc/runit/3
expect_healthy

step "The package of the first process"
must install runit-init
for program in init shutdown halt poweroff reboot runlevel; do
  expect "it leads to a program of ours" test -x "/sbin/$program"
done
expect_text "runlevel" "N 2" runlevel
expect_state "runit-init" runit-init installed
expect_healthy
must purge runit-init
must install runit-run
expect_state "runit-run" runit-run installed
must purge runit-run

step "Debian's runit comes back"
lasting=$(within cat /etc/sv/lasting/supervise/pid)
must install runit
expect_state "back" runit installed
expect_state "back" runvisor config-files
expect_text "it is Debian's" "runit: " dpkg -S /usr/bin/sv
expect_text "a service is not interrupted" "(pid $lasting)" sv status lasting
must purge runvisor
expect_healthy
expect "the set of services stays chosen" test -d /etc/service/lasting
expect "configuration stays" test -f /etc/runit/2
expect_text "the change is kept" "# the change" cat /etc/runit/rc.shutdown
expect "default-syslog is enabled" test -h /etc/runit/runsvdir/default/default-syslog
