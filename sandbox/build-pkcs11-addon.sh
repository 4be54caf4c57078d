#!/bin/sh
# Builds pkcs11js, the one native add-on, with the headers of the Node that runs this: nothing is downloaded. Only the key
# agent with an HSM needs it, so that a machine without a compiler is told and goes on.
set -eu
cd "$(dirname "$0")/.."
[ -f node_modules/pkcs11js/build/Release/pkcs11.node ] && exit 0
without() {
  echo "… the PKCS#11 add-on is not built: $1. Everything but a key agent with an HSM works without it"
  exit 0
}
for tool in g++ make python3; do
  command -v "$tool" >/dev/null || without "there is no $tool"
done
node_directory=$(node -p 'path.resolve(process.execPath, "../..")')
[ -f "$node_directory/include/node/node_api.h" ] || without "this Node comes without its headers"
echo "… building the PKCS#11 add-on"
said=$(npm rebuild pkcs11js --ignore-scripts=false --nodedir="$node_directory" --foreground-scripts --loglevel=error 2>&1) && exit 0
echo "$said" | tail -n 20
without "the compiler failed, see above"
