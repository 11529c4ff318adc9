"""An external repository that tools/install put into the cache folder outside the tree."""

def _cache_repository_impl(ctx):
    cache = ctx.os.environ.get("SLUICE_CACHE") or (ctx.os.environ.get("HOME", "") + "/.cache/sluice")
    folder = ctx.path(cache + "/" + ctx.attr.folder)
    if not folder.exists:
        fail("%s is missing: run tools/install first" % folder)
    for entry in folder.readdir():
        ctx.symlink(entry, entry.basename)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

cache_repository = repository_rule(
    implementation = _cache_repository_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, doc = "the BUILD file for it"),
        "folder": attr.string(mandatory = True, doc = "its place below $SLUICE_CACHE, by default ~/.cache/sluice"),
    },
    environ = ["SLUICE_CACHE", "HOME"],
    local = True,
)
