// validate-schema.mjs SCHEMA DOCUMENTS: holds JSON documents against a JSON Schema (draft 2020-12) with ajv.
// DOCUMENTS is a JSON file: an object of name -> document. Prints name -> list of errors, empty when valid.
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const [schemaFile, documentsFile] = process.argv.slice(2);
const ajv = new Ajv2020.default({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));
const results = {};
for (const [name, document] of Object.entries(JSON.parse(readFileSync(documentsFile, "utf8")))) {
  results[name] = validate(document) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`);
}
console.log(JSON.stringify(results));
