# Compiler flags that gcc and clang both take, if they do.
AC_DEFUN([WEIR_FLAG], [
  AS_VAR_PUSHDEF([flag], [weir_cv_flag_$1])
  AC_CACHE_CHECK([whether $CC takes $1], [flag], [
    weir_save=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[int weir_x;]], [[]])],
      [AS_VAR_SET([flag], [yes])], [AS_VAR_SET([flag], [no])])
    CFLAGS=$weir_save])
  AS_VAR_IF([flag], [yes], [$2="$$2 $1"])
  AS_VAR_POPDEF([flag])])

AC_DEFUN([WEIR_WARNINGS], [
  WARN_CFLAGS=
  m4_foreach_w([weir_flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings
    -Wcast-qual -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough
    -Wdeclaration-after-statement],
    [WEIR_FLAG(weir_flag, [WARN_CFLAGS])])
  AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([WEIR_HARDENING], [
  HARD_CFLAGS=
  AS_IF([test "x$enable_sanitizers" = xyes], [
    WEIR_FLAG([-fsanitize=address,undefined], [HARD_CFLAGS])
    WEIR_FLAG([-fno-sanitize-recover=all], [HARD_CFLAGS])
    WEIR_FLAG([-fno-omit-frame-pointer], [HARD_CFLAGS])
  ], [
    WEIR_FLAG([-fstack-protector-strong], [HARD_CFLAGS])
  ])
  AC_SUBST([HARD_CFLAGS])])

# gcc copies what has at most 255 octets, as names do, by `rep movs` in place,
# which takes 30 cycles to begin; the C library's memcpy has done it by then.
# (bench/events: all that an event costs, halved.)
AC_DEFUN([WEIR_TUNING], [
  TUNE_CFLAGS=
  WEIR_FLAG([-mstringop-strategy=libcall], [TUNE_CFLAGS])
  AC_SUBST([TUNE_CFLAGS])])

# WEIR_HOST_PROBE(MACRO, WHAT, CALL): whether Unbound's function takes these
# arguments; if so, module/host.h sees MACRO.
AC_DEFUN([WEIR_HOST_PROBE], [
  AC_MSG_CHECKING([whether $2])
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#undef PACKAGE_BUGREPORT
#undef PACKAGE_NAME
#undef PACKAGE_STRING
#undef PACKAGE_TARNAME
#undef PACKAGE_URL
#undef PACKAGE_VERSION
#include "config.h"
#include "services/cache/dns.h"
#include "util/module.h"
#include "util/netevent.h"
int weir_probe(struct module_qstate *q);
int weir_probe(struct module_qstate *q) { return $3; }]])],
    [AC_MSG_RESULT([yes])
     UNBOUND_CPPFLAGS="$UNBOUND_CPPFLAGS -D$1"],
    [AC_MSG_RESULT([no])])])

# What differs between the versions of Unbound.
AC_DEFUN([WEIR_HOST], [
  weir_save=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $UNBOUND_CPPFLAGS"
  WEIR_HOST_PROBE([WEIR_HOST_STORE_VALREC],
    [dns_cache_store is told who asked],
    [dns_cache_store(q->env, 0, 0, 0, 0, 0, 0, 0, 0, 0)])
  WEIR_HOST_PROBE([WEIR_HOST_SUB_CLIENT], [attach_sub takes a client],
    [(*q->env->attach_sub)(q, 0, 0, 0, 0, 0, 0)])
  WEIR_HOST_PROBE([WEIR_HOST_DOQ], [Unbound knows DNS over QUIC],
    [q ? (int)comm_doq : 0])
  CPPFLAGS=$weir_save])

# Finds the Unbound that weir.so is built for.  Its headers are not installed
# anywhere, and the shape of its structs follows its configure options, so the
# source and the config.h of that very build are needed.
AC_DEFUN([WEIR_UNBOUND], [
  weir_unbound_summary="none: weir.so is not built (--with-unbound-src=DIR)"
  have_unbound=no
  AS_IF([test -n "$with_unbound_src" && test "x$with_unbound_src" != xno], [
    AS_IF([test ! -f "$with_unbound_src/util/module.h"],
      [AC_MSG_ERROR([--with-unbound-src: $with_unbound_src holds no Unbound
source (no util/module.h). packaging/build-unbound makes one.])])
    UNBOUND_SRC=`cd "$with_unbound_src" && pwd`
    UNBOUND_BUILD=$UNBOUND_SRC
    AS_IF([test -n "$with_unbound_build"],
      [UNBOUND_BUILD=`cd "$with_unbound_build" && pwd`])
    AS_IF([test ! -f "$UNBOUND_BUILD/config.h"],
      [AC_MSG_ERROR([$UNBOUND_BUILD has no config.h: that Unbound is not
configured. Name the folder of its build by --with-unbound-build=DIR.])])
    AS_IF([grep '^#define WITH_DYNLIBMODULE 1' "$UNBOUND_BUILD/config.h" \
          >/dev/null], [],
      [AC_MSG_ERROR([the Unbound in $UNBOUND_BUILD was configured without
--with-dynlibmodule and cannot load modules.])])
    AS_IF([grep '^#define HAVE_PTHREAD 1' "$UNBOUND_BUILD/config.h" \
          >/dev/null], [],
      [AC_MSG_ERROR([the Unbound in $UNBOUND_BUILD was configured without
threads; weir.so needs an Unbound with POSIX threads.])])
    UNBOUND_BINARY=$UNBOUND_BUILD/unbound
    AS_IF([test -n "$with_unbound_binary"],
      [UNBOUND_BINARY=$with_unbound_binary])
    AS_IF([test ! -x "$UNBOUND_BINARY"],
      [AC_MSG_WARN([no $UNBOUND_BINARY: weir.so will know its Unbound by
version and configure line only])
      UNBOUND_BINARY=])
    UNBOUND_CPPFLAGS="-I$UNBOUND_BUILD -I$UNBOUND_SRC"
    UNBOUND_VERSION=`sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' \
      "$UNBOUND_BUILD/config.h"`
    # The note that the linker leaves in a binary; empty if there is none.
    UNBOUND_BUILD_ID=
    AS_IF([test -n "$UNBOUND_BINARY"], [
      UNBOUND_BUILD_ID=`LC_ALL=C readelf -n "$UNBOUND_BINARY" 2>/dev/null |
        sed -n 's/^ *Build ID: *//p'`])
    have_unbound=yes
    weir_unbound_summary="$UNBOUND_VERSION in $UNBOUND_BUILD"
    WEIR_HOST
  ])
  AC_SUBST([UNBOUND_CPPFLAGS])
  AC_SUBST([UNBOUND_VERSION])
  AC_SUBST([UNBOUND_BUILD_ID])
  AC_SUBST([UNBOUND_SRC])
  AC_SUBST([UNBOUND_BUILD])
  AC_SUBST([UNBOUND_BINARY])
  AM_CONDITIONAL([HAVE_UNBOUND], [test "$have_unbound" = yes])])
