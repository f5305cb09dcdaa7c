#!/bin/busybox sh
# The guest's first process: loads the modules, plays every scene at the same time, leaves what was noted on the last
# disk as a tar, and turns the power off. Disks: a, c, e are logged to b, d, f; g lies, h fails, i is for the notes.
/bin/busybox mkdir -p /bin /proc /sys /dev /tmp /mnt /notes
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
# No udev here: dmsetup makes its nodes by itself.
export DM_DISABLE_UDEV=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs notes /notes
while read -r module; do insmod "/modules/$module"; done </modules/order
. /parameters

writer() { # SCENE [ARGS]
  start_writer "$@"
  wait $!
}

start_writer() { # SCENE [ARGS]; its process is $!
  scene=$1
  shift
  /sbin/vm_writer --directory "/mnt/$scene/outbox" --events "/notes/$scene" "$@" &
}

sectors() { blockdev --getsz "$1"; }

mounted() { # SCENE TABLE [OPTIONS]
  dmsetup create "$1" --table "$2"
  mkdir -p "/mnt/$1"
  mount -t ext4 -o "${3:-rw}" "/dev/mapper/$1" "/mnt/$1"
}

# The table is changed under the mounted file system, which must not be told: it would flush first.
becomes() { # SCENE TABLE
  dmsetup suspend --nolockfs "$1"
  dmsetup load "$1" --table "$2"
  dmsetup resume --nolockfs "$1"
}

# So many more times has the writer been told that something is durable.
wait_for_reports() { # SCENE COUNT
  wanted=$(($(grep -c ^S "/notes/$1" 2>/dev/null) + $2))
  for _ in $(seq 600); do
    [ "$(grep -c ^S "/notes/$1" 2>/dev/null)" -ge "$wanted" ] && return
    sleep 0.1
  done
}

# Every write of three processes is logged; the second one is killed.
logged() { # SCENE DISK LOG FAULT OPTIONS
  mounted "$1" "0 $(sectors "$2") log-writes $2 $3" "$5"
  writer "$1" --disk "$1" --file "$4" --life 0 --seconds "$seconds" --end clean
  writer "$1" --disk "$1" --file "$4" --life 1 --seconds "$seconds" --end kill
  writer "$1" --disk "$1" --file "$4" --life 2 --seconds "$seconds" --end clean
  umount "/mnt/$1"
  dmsetup remove "$1"
}

# From some moment on the disk says yes and writes nothing; at the end the power goes.
lying() { # DISK
  mounted lying "0 $(sectors "$1") linear $1 0"
  start_writer lying --until /never
  writing=$!
  wait_for_reports lying 10
  becomes lying "0 $(sectors "$1") flakey $1 0 0 100000 1 drop_writes"
  wait_for_reports lying 10
  kill -9 $writing
  wait $writing
  umount /mnt/lying
  dmsetup remove lying
}

# From some commit on, for some seconds, every write is refused. ext4 gives up its journal over that, as it would over a loose card, and has
# to be mounted anew; the process stays.
failing() { # DISK
  mounted failing "0 $(sectors "$1") linear $1 0"
  start_writer failing --until /tmp/mended
  writing=$!
  wait_for_reports failing 10
  becomes failing "0 $(sectors "$1") flakey $1 0 0 100000 1 error_writes"
  for _ in $(seq 300); do
    if grep -q '^T [^o]' /notes/failing; then break; fi
    sleep 0.1
  done
  sleep 3
  becomes failing "0 $(sectors "$1") linear $1 0"
  for _ in $(seq 300); do
    if umount /mnt/failing; then break; fi
    sleep 0.1
  done
  mount -t ext4 /dev/mapper/failing /mnt/failing
  touch /tmp/mended
  wait $writing
  echo "failing: the writer ended with $?"
  umount /mnt/failing
  dmsetup remove failing
}

logged kept /dev/vda /dev/vdb sound rw &
logged unflushed /dev/vdc /dev/vdd sync-off rw &
logged nobarrier /dev/vde /dev/vdf sound barrier=0 &
lying /dev/vdg &
failing /dev/vdh &
wait
tar -cf /dev/vdi -C /notes .
sync
cat /proc/uptime
echo GUEST DONE
poweroff -f
