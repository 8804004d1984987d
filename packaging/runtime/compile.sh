#!/bin/bash
# Compiles what is C: zlib, bzip2, xz and libffi (static), CPython around them, msgspec's module, the launcher.
# usage: compile.sh WORK   with SOURCES, ZIG, PYTHON, PATCHES, GLIBC and SOURCE_DATE_EPOCH set; make_runtime.py calls it.
# Leaves WORK/stage/usr/lib/linuxready, WORK/msgspec/_core.so and WORK/launcher. A step's output is in WORK/NAME.log.
set -euo pipefail
WORK=$1
HERE=$(cd "$(dirname "$0")" && pwd)
PREFIX=/usr/lib/linuxready
HOST=x86_64-pc-linux-gnu
JOBS=$(nproc)
P=$WORK/static
export LC_ALL=C TZ=UTC PKG_CONFIG=/bin/false PYTHONDONTWRITEBYTECODE=1
export ZIG_GLOBAL_CACHE_DIR=$WORK/zig-cache ZIG_LOCAL_CACHE_DIR=$WORK/zig-cache
unset CPPFLAGS CXXFLAGS LDFLAGS CFLAGS MAKEFLAGS MFLAGS

step() { # a function's name: run it with its output in a file, of which the end is shown where it fails
    LOG=$WORK/$1.log
    echo "[$(date +%T)] $1"
    ( "$1" ) >"$LOG" 2>&1
}
trap '[ $? = 0 ] || { tail -n 30 "$LOG" >&2; echo "compile.sh: failed, see $LOG" >&2; }' EXIT

# zig carries the headers and symbol lists of each glibc; its undefined-behaviour traps are off as in any other release
# build, and __DATE__ is SOURCE_DATE_EPOCH's, so no warning for it.
compilers() {
    mkdir -p "$WORK/bin" "$P"
    printf '#!/bin/sh\nexec %s cc -target x86_64-linux-gnu.%s -mcpu=x86_64 -fno-sanitize=all -Wno-date-time "$@"\n' "$ZIG" "$GLIBC" >"$WORK/bin/zcc"
    printf '#!/bin/sh\nexec %s ar "$@"\n' "$ZIG" >"$WORK/bin/zar"
    printf '#!/bin/sh\nexec %s ranlib "$@"\n' "$ZIG" >"$WORK/bin/zranlib"
    chmod +x "$WORK"/bin/*
}

sources() {
    local name dsc
    for name in zlib libffi bzip2 xz-utils; do
        dsc=$(echo "$SOURCES/$name"_*.dsc)
        dpkg-source --no-check -x "$dsc" "$WORK/$name"   # apt has checked the signature and the sums
    done
    # Upstream's CPython with Debian's security fixes, and nothing else of Debian's.
    mkdir "$WORK/cpython" "$WORK/debian" "$WORK/msgspec"
    tar xf "$SOURCES"/python3.13_*.orig.tar.xz -C "$WORK/cpython" --strip-components=1
    tar xf "$SOURCES"/python3.13_*.debian.tar.xz -C "$WORK/debian" --strip-components=1
    grep -E "$PATCHES" "$WORK/debian/patches/series" | while read -r patch; do
        patch -d "$WORK/cpython" -p1 -s --no-backup-if-mismatch <"$WORK/debian/patches/$patch"
        echo "applied $patch"
    done
    tar xf "$SOURCES"/msgspec-*.tar.gz -C "$WORK/msgspec" --strip-components=1
}

zlib() {
    cd "$WORK/zlib"
    CC=zcc AR=zar RANLIB=zranlib CFLAGS='-O2 -g0 -fPIC' ./configure --static --prefix="$P"
    make -j"$JOBS" libz.a
    make install
}

bzip2() {
    cd "$WORK/bzip2"
    make -j"$JOBS" libbz2.a CC=zcc AR=zar RANLIB=zranlib CFLAGS='-O2 -g0 -fPIC -D_FILE_OFFSET_BITS=64'
    mkdir -p "$P/include" "$P/lib"
    cp bzlib.h "$P/include"
    cp libbz2.a "$P/lib"
}

xz() {
    cd "$WORK/xz-utils"
    ./configure --host=$HOST CC=zcc AR=zar RANLIB=zranlib CFLAGS='-O2 -g0 -fPIC' --prefix="$P" --disable-shared \
        --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-scripts --disable-doc \
        --disable-nls --disable-threads
    make -j"$JOBS"
    make install
}

libffi() {
    cd "$WORK/libffi"
    autoreconf -fi
    ./configure --host=$HOST CC=zcc CXX=zcc AR=zar RANLIB=zranlib CFLAGS='-O2 -g0 -fPIC' --prefix="$P" \
        --disable-shared --disable-docs --disable-multi-os-directory --disable-exec-static-tramp
    make -j"$JOBS"
    make install
}

# What check imports becomes part of the interpreter: frozen.txt.
frozen() {
    cp -r "$WORK/wheels/." "$WORK/msgspec/src/msgspec" "$WORK/cpython/Lib"
    "$PYTHON" "$HERE/freeze.py" "$WORK/cpython"
}

cpython() {
    local module
    {
        for module in _curses _curses_panel _dbm _gdbm _hashlib _ssl _sqlite3 _tkinter _uuid readline \
            _testcapi _testinternalcapi _testclinic _testclinic_limited _testlimitedcapi _testbuffer \
            _testimportmultiple _testmultiphase _testsinglephase _testexternalinspection _xxtestfuzz _ctypes_test \
            xxsubtype xxlimited xxlimited_35; do echo "py_cv_module_$module=n/a"; done
        # Newer than glibc 2.11; the probes compile without linking and would say yes.
        echo ac_cv_header_sys_auxv_h=no  # getauxval: 2.16
        echo ac_cv_func_prlimit=no       # prlimit: 2.13
    } >"$WORK/config.site"
    mkdir "$WORK/obj"
    cd "$WORK/obj"
    CONFIG_SITE=$WORK/config.site MODULE_BUILDTYPE=static \
        LIBFFI_CFLAGS="-I$P/include" LIBFFI_LIBS="-L$P/lib -lffi" ZLIB_CFLAGS="-I$P/include" ZLIB_LIBS="-L$P/lib -lz" \
        BZIP2_CFLAGS="-I$P/include" BZIP2_LIBS="-L$P/lib -lbz2" LIBLZMA_CFLAGS="-I$P/include" LIBLZMA_LIBS="-L$P/lib -llzma" \
        ../cpython/configure CC=zcc CXX=zcc AR=zar RANLIB=zranlib READELF=readelf OPT='-DNDEBUG -O2 -fwrapv -Wall' \
        CFLAGS='-g0 -fPIE' LDFLAGS='-pie -s' --prefix=$PREFIX --with-ensurepip=no --disable-test-modules \
        --without-static-libpython
    make -j"$JOBS"
    make install COMPILEALL_OPTS=--help DESTDIR="$WORK/stage"
}

msgspec() {
    cd "$WORK/msgspec"
    zcc -shared -s -O2 -g0 -fPIC -DNDEBUG -I../cpython/Include -I../obj src/msgspec/_core.c -lm -o _core.so
}

# Static, without glibc: it runs before anything of the machine's is trusted.
launcher() {
    cd "$HERE"
    "$ZIG" cc -target x86_64-linux-musl -mcpu=x86_64 -static -s -Os -g0 -Wall -Wextra -Werror -fno-sanitize=all \
        -o "$WORK/launcher" launcher.c
}

export PATH=$WORK/bin:$PATH
step compilers
step launcher
step sources
step zlib
step bzip2
step xz
step libffi
step frozen
step cpython
step msgspec
