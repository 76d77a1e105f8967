// handoff-verify.mjs BUNDLE SCHEMAS: holds a hand-off bundle against schemas and verifiers that Mesh did not write: CycloneDX' and OpenSSF
// Model Signing's JSON Schemas through ajv, Sigstore's own verifier for the model's signature, Node's crypto for the DSSE of the provenance.
// SCHEMAS is the folder with bom-1.6.schema.json and oms/*.schema.json. Prints {cyclonedx, oms, sigstore, tampered, provenance, files}.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { bundleFromJSON } from "@sigstore/bundle";
import { Verifier, toSignedEntity } from "@sigstore/verify";

const [bundle, schemas] = process.argv.slice(2);
const read = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));
const errorsOf = (validate, document) => (validate(document) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`));

// CycloneDX is written in draft 7, with formats that ajv-formats does not know.
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addFormat("idn-email", true).addFormat("iri-reference", true);
ajv.addSchema(read(schemas, "spdx.schema.json"), "http://cyclonedx.org/schema/spdx.schema.json");
ajv.addSchema(read(schemas, "jsf-0.82.schema.json"), "http://cyclonedx.org/schema/jsf-0.82.schema.json");
const bom = read(bundle, "bom.cdx.json");
const checkBom = ajv.compile(read(schemas, "bom-1.6.schema.json"));
const cyclonedx = errorsOf(checkBom, bom);
const numeric = structuredClone(bom);
numeric.metadata.component.modelCard.quantitativeAnalysis.performanceMetrics[0].value = 0.9;

const oms2020 = new Ajv2020.default({ strict: false, allErrors: true });
addFormats(oms2020);
for (const name of ["predicate", "statement", "envelope", "bundle"]) oms2020.addSchema(read(schemas, "oms", `${name}.schema.json`));
const check = (name, document) => errorsOf(oms2020.getSchema(read(schemas, "oms", `${name}.schema.json`).$id), document);
const signature = read(bundle, "model.sig");
const statement = JSON.parse(Buffer.from(signature.dsseEnvelope.payload, "base64"));
const oms = [...check("bundle", signature), ...check("statement", statement), ...check("predicate", statement.predicate)];

// The keys by the hint that OMS gives them: SHA-256 of the PEM with its end of line.
const keys = readdirSync(join(bundle, "audit", "keys")).map((name) => readFileSync(join(bundle, "audit", "keys", name), "utf8"));
const pemOf = (hint) => keys.find((pem) => createHash("sha256").update(pem).digest("hex") === hint);
const sigstore = (json) => {
  try {
    const material = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey: (hint) => ({ publicKey: createPublicKey(pemOf(hint)), validFor: () => true }) };
    new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundleFromJSON(json)));
    return "verified";
  } catch (error) {
    return `refused: ${error.message}`;
  }
};
const changed = structuredClone(signature);
changed.dsseEnvelope.payload = Buffer.from(JSON.stringify({ ...statement, extra: 1 })).toString("base64");

// DSSE by hand: the pre-authentication encoding of the exact payload, under any of the bundle's keys.
const provenance = readdirSync(join(bundle, "provenance")).map((name) => {
  const envelope = read(bundle, "provenance", name);
  const payload = Buffer.from(envelope.payload, "base64");
  const pae = Buffer.concat([Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `), payload]);
  return keys.some((pem) => verify("sha256", pae, createPublicKey(pem), Buffer.from(envelope.signatures[0].sig, "base64"))) ? JSON.parse(payload).predicateType : "refused";
});
const wrong = statement.predicate.resources.filter((resource) => createHash("sha256").update(readFileSync(join(bundle, resource.name))).digest("hex") !== resource.digest);
console.log(JSON.stringify({ cyclonedx, cyclonedx_numeric: errorsOf(checkBom, numeric).length, oms, sigstore: sigstore(signature), tampered: sigstore(changed), provenance, files: statement.predicate.resources.length, wrong: wrong.length }));
