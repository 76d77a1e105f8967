// What a foreign tool makes of the description of Mesh's HTTP interface.
// node openapi-validate.mjs FILE
// Validates FILE against the OpenAPI schema, resolves every reference, and prints {version, operations, schemas}; fails with what is wrong.
import SwaggerParser from '@apidevtools/swagger-parser'

const [file] = process.argv.slice(2)
const api = await SwaggerParser.validate(file)
const operations = Object.values(api.paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId))
console.log(JSON.stringify({ version: api.openapi, operations, schemas: Object.keys(api.components.schemas).length }))
