# Sourced by bin/docker and bin/dockerd with `here` (this checkout's bin) and `app` set. When the checkout is built, this runs
# no program but the one it ends in.
root=$here/..
stamp=$root/.tools/built

# The commit that is checked out, in $commit; `none` without git.
read_commit() {
  commit=none git=$root/.git
  [ -e "$git" ] || return 0
  # In a linked work tree .git is a file that names the directory.
  if [ -f "$git" ]; then
    read -r _ git <"$git" || return 0
    case $git in /*) ;; *) git=$root/$git ;; esac
  fi
  common=$git
  if [ -f "$git/commondir" ]; then
    read -r common <"$git/commondir"
    case $common in /*) ;; *) common=$git/$common ;; esac
  fi
  read -r commit <"$git/HEAD" || return 0
  case $commit in "ref: "*) ref=${commit#ref: } ;; *) return 0 ;; esac
  if [ -f "$common/$ref" ]; then
    read -r commit <"$common/$ref"
  elif [ -f "$common/packed-refs" ]; then
    while read -r hash name; do
      [ "$name" = "$ref" ] && commit=$hash && break
    done <"$common/packed-refs"
  fi
  return 0
}

read_commit
built=
[ -r "$stamp" ] && read -r built <"$stamp"
if [ "$built" != "$commit" ]; then
  sh "$here/lib/build.sh" "$commit" 1>&2 || exit 125
fi

main=$root/apps/$app/dist/main.js
# The bundle starts in half the time; after a build of some packages alone it would be old.
bundle=$root/apps/$app/dist/bundle/main.js
if [ -f "$bundle" ]; then
  main=$bundle
  for info in "$root"/packages/*/dist/.tsbuildinfo "$root"/plugins/*/dist/.tsbuildinfo "$root"/apps/*/dist/.tsbuildinfo; do
    [ "$info" -nt "$bundle" ] && main=$root/apps/$app/dist/main.js
  done
fi

node=$root/node_modules/node/bin/node
[ -x "$node" ] || node=node
exec "$node" "$main" "$@"
