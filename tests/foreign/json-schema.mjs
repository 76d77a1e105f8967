// Checks JSON documents against a JSON Schema (draft 2020-12) with ajv.
// Usage: node json-schema.mjs SCHEMA DOCUMENT...
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const [schemaPath, ...documents] = process.argv.slice(2);
const ajv = new Ajv2020.default({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaPath, "utf8")));
const results = documents.map((path) => {
  const valid = validate(JSON.parse(readFileSync(path, "utf8")));
  return { path, valid, errors: (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`) };
});
console.log(JSON.stringify({ results }));
