"""Migrations as part of the binary."""

load("//bazel:cc.bzl", "sluice_cc_library")

def embedded_migrations(name, srcs, function, **kwargs):
    """A library whose header <name>.h declares `function`, e.g. "sluice::meter::MeterMigrations".

    It returns std::vector<sluice::postgres::Migration> from `srcs`, files NNNN_name.sql in order.
    """
    namespace = "::".join(function.split("::")[:-1])
    short = function.split("::")[-1]
    native.genrule(
        name = name + "_gen",
        srcs = srcs,
        outs = [name + ".h"],
        cmd = """
{
  echo '#pragma once'
  echo '#include <vector>'
  echo '#include "libs/postgres/migrations.h"'
  echo 'namespace %s {'
  echo 'inline std::vector<::sluice::postgres::Migration> %s() {'
  echo '  return {'
  for file in $$(for f in $(SRCS); do echo $$f; done | sort); do
    base=$$(basename $$file .sql)
    printf '{%%d, "%%s", R"SQLFILE(' $$((10#$${base:0:4})) "$${base:5}"
    cat $$file
    printf ')SQLFILE"},\\n'
  done
  echo '  };'
  echo '}'
  echo '}'
} > $@
""" % (namespace, short),
    )
    sluice_cc_library(
        name = name,
        hdrs = [name + ".h"],
        deps = ["//libs/postgres:migrations"],
        **kwargs
    )
