// Another validator of JSON schemas than Python's: ajv.js MODULES LIST. A line of LIST is
// "valid|refused document|lines SCHEMA FILE", where SCHEMA may name a part of it (SCHEMA#/$defs/line).
// What is not as its line says is printed.
"use strict";
const fs = require("fs");
const [modules, list] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, { paths: [modules] }));
const Draft04 = load("ajv-draft-04"), Draft2020 = load("ajv/dist/2020"), formats = load("ajv-formats");
const read = (path) => JSON.parse(fs.readFileSync(path, "utf8"));
const compiled = new Map();
let failed = 0;

function validator(name) {
    if (compiled.has(name)) return compiled.get(name);
    const [path, part] = name.split("#"), schema = read(path);
    const own = schema.$schema === "https://json-schema.org/draft/2020-12/schema";
    // our own schemas are held to what ajv's strict mode asks of an author, too
    const ajv = own ? new Draft2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
        : new Draft04({ strict: false, unicodeRegExp: false, allErrors: true });
    formats(ajv);
    let check = ajv.compile(schema);
    if (part !== undefined) check = ajv.compile({ $schema: schema.$schema, $ref: `${schema.$id}#${part}` });
    const tell = (document) => check(document) ? null : ajv.errorsText(check.errors.slice(0, 3));
    compiled.set(name, tell);
    return tell;
}

for (const line of fs.readFileSync(list, "utf8").split("\n").filter((text) => text !== "")) {
    const [wanted, form, schema, path] = line.split(" ");
    const texts = form === "lines" ? fs.readFileSync(path, "utf8").trimEnd().split("\n") : [fs.readFileSync(path, "utf8")];
    const wrong = texts.map((text) => validator(schema)(JSON.parse(text))).filter((told) => told !== null);
    if ((wrong.length === 0) === (wanted === "valid")) continue;
    failed++;
    console.log(`${schema}: ${path} is ${wanted === "valid" ? "refused: " + wrong[0] : "taken"}`);
}
process.exit(failed === 0 ? 0 : 1);
