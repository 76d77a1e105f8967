#!/usr/bin/env python3
"""Examines an exported decision log with what Python and OpenSSL bring along: audit-verify.py FILE KEY.pem...

Each entry is written anew in the canonical form (for these documents that of Python's json with sorted keys), hashed, compared with the
hash that is stored and with the next entry's `previous`; its signature is given to `openssl dgst -sha256 -verify`.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(path):
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", path, "-outform", "DER"], check=True, capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


def is_signed(path, content, signature):
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("content", "signature")]
        for name, data in zip(files, (content, signature)):
            with open(name, "wb") as file:
                file.write(data)
        answer = subprocess.run(["openssl", "dgst", "-sha256", "-verify", path, "-signature", files[1], files[0]], capture_output=True)
        return answer.returncode == 0


keys = {fingerprint(path): path for path in sys.argv[2:]}
hashes = signatures = 0
previous = "0" * 64
with open(sys.argv[1], encoding="utf-8") as log:
    lines = [json.loads(line) for line in log]
end = lines.pop()
for number, line in enumerate(lines, start=1):
    entry = line["entry"]
    content = canonical(entry)
    hashes += hashlib.sha256(content).hexdigest() == line["hash"] and entry["previous"] == previous and entry["sequence"] == number
    signatures += is_signed(keys[entry["key_sha256"]], content, base64.b64decode(line["signature"]))
    previous = line["hash"]
assert end["end"]["entries"] == len(lines) and end["end"]["hash"] == previous, "the last line does not fit"
assert is_signed(keys[end["end"]["key_sha256"]], canonical(end["end"]), base64.b64decode(end["signature"])), "the last line is not signed"
print(f"{len(lines)} entries, {hashes} hashes, {signatures} signatures, head {previous}")
