"""handoff-model.py BUNDLE: verifies the signature and files of a hand-off bundle with Python and the openssl program alone, and checks its models with the onnx package's checker."""
import base64, hashlib, json, os, subprocess, sys, tempfile

bundle = sys.argv[1]
with open(os.path.join(bundle, "model.sig"), "rb") as file:
    signature = json.load(file)
envelope = signature["dsseEnvelope"]
payload = base64.b64decode(envelope["payload"])
kind = envelope["payloadType"].encode()
pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
statement = json.loads(payload)
hint = signature["verificationMaterial"]["publicKey"]["hint"]
keys = os.path.join(bundle, "audit", "keys")
key = next(os.path.join(keys, name) for name in os.listdir(keys) if hashlib.sha256(open(os.path.join(keys, name), "rb").read()).hexdigest() == hint)
with tempfile.TemporaryDirectory() as folder:
    for name, content in (("pae", pae), ("sig", base64.b64decode(envelope["signatures"][0]["sig"]))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    openssl = subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", os.path.join(folder, "sig"), os.path.join(folder, "pae")], capture_output=True, text=True)

resources = statement["predicate"]["resources"]
names = [resource["name"] for resource in resources]
there = sorted(os.path.relpath(os.path.join(root, name), bundle) for root, _, files in os.walk(bundle) for name in files)
root = hashlib.sha256(b"".join(bytes.fromhex(resource["digest"]) for resource in resources)).hexdigest()
wrong = [resource["name"] for resource in resources if hashlib.sha256(open(os.path.join(bundle, resource["name"]), "rb").read()).hexdigest() != resource["digest"]]
models = {}
try:
    import onnx
    for name in names:
        if name.endswith(".onnx"):
            onnx.checker.check_model(os.path.join(bundle, name))
            models[name] = "sound"
except ImportError:
    models = None
print(json.dumps({
    "openssl": openssl.stdout.strip(),
    "sorted": names == sorted(names),  # Python compares text by code point
    "complete": there == sorted(names + ["model.sig"]),
    "root": root == statement["subject"][0]["digest"]["sha256"],
    "wrong": wrong,
    "models": models,
}))
