/* Where the loaders that packages of npm use look for an addon: node-pre-gyp's find
 * (lib/pre-binding.js, lib/util/versioning.js of @mapbox/node-pre-gyp) and bindings (bindings.js).
 */
#ifndef WILLRUN_PLUGIN_NPM_LOOKUP_H
#define WILLRUN_PLUGIN_NPM_LOOKUP_H

#include "plugin/npm.h"

struct npm_lookup {
    const char *by;           /* "node-pre-gyp" */
    const char *const *paths; /* below the package's folder, in the order in which they are tried;
                                 NULL at the end */
    bool open; /* it looks at one more in the end, which is not known */
};

/* The places at which the package looks for the addon that it has at `inside`; false: it uses none
 * of those loaders, they do not look for this file anywhere, or what decides is not known.
 * `api`: the version of Node-API of the process (0: not known). In `arena`. */
bool npm_lookup_of(const struct npm_package *package, const struct npm_platform *process,
                   unsigned api, const char *inside, struct arena *arena,
                   struct npm_lookup *lookup);

#endif
