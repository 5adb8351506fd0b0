#!/usr/bin/env bash
# The fix names the step that cures what is really there.
source "$(dirname "$0")/expect.bash"

# A root with this machine's libc, a program and the library that it needs.
libc=$(realpath "$(gcc -print-file-name=libc.so.6)")
folder=fresh$(dirname "$libc")
echo 'int f(void) { return 0; }' >lib.c
echo 'int f(void); int main(void) { return f(); }' >main.c
gcc -shared -fPIC -Wl,-soname,libown.so.1 -o libown.so.1 lib.c
gcc -o main main.c ./libown.so.1 -Wl,--no-as-needed
interpreter=$(readelf -lW main | sed -n 's/.*interpreter: \(.*\)]/\1/p')
mkdir -p "$folder" "fresh$(dirname "$interpreter")" fresh/usr/local/lib fresh/app
cp -L "$interpreter" "fresh$interpreter"
cp "$libc" "$folder/libc.so.6"
cp main fresh/app/main

expect 1 'nowhere' "$willrun" check --root fresh /app/main
says out 'libown.so.1, needed by /app/main, is nowhere'
says out 'COPY libown.so.1 from the builder into '

cp libown.so.1 fresh/app/
expect 1 'beside the program' "$willrun" check --root fresh /app/main
says out 'It is at /app/libown.so.1'
says out 'LD_LIBRARY_PATH=/app,'
expect 0 'as the fix says' "$willrun" check --root fresh --env LD_LIBRARY_PATH=/app /app/main

mv fresh/app/libown.so.1 fresh/usr/local/lib/
expect 1 'without ldconfig' "$willrun" check --root fresh /app/main
says out 'RUN ldconfig in the'

mv fresh/usr/local/lib/libown.so.1 "$folder"
chmod 600 "$folder/libown.so.1"
expect 1 'unreadable for the user' "$willrun" check --root fresh --user 7 /app/main
says out 'is passed over (Permission'
says out 'chmod o+r the file'
expect 0 'readable for root' "$willrun" check --root fresh /app/main

end
