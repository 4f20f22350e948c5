#!/bin/sh
# Presigned links of S3 (botocore 1.43.117) and HEAD. 2026-12-01.
#
# One would guess: a presigned link to an object lets whoever has it fetch the object, and ask about it with HEAD, as a
# signed link of Azure (SAS) does.
# What happens: the verb is part of what is signed. A link for get_object answers GET and refuses HEAD with 403, one for
# head_object the reverse. A service that sends HEAD before GET cannot use either; moto, which checks no
# signatures, answers both. Seen with s3rver 3.7.1, which checks them:
#   get_object: GET 200, HEAD 403; head_object: GET 403, HEAD 200
# Needs pip, npm and the network for the packages; the object is made here.
set -eu
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "boto3==1.43.117"
mkdir "$folder/npm" "$folder/store"
npm install --silent --no-audit --no-fund --prefix "$folder/npm" "s3rver@3.7.1" >/dev/null 2>&1
cat > "$folder/serve.js" <<'JS'
const S3rver = require(process.argv[2]);
const server = new S3rver({ port: 0, address: "127.0.0.1", directory: process.argv[3], silent: true, configureBuckets: [{ name: "of-mine" }] });
server.run().then((at) => require("fs").writeFileSync(process.argv[4], String((at.address ? at : server.httpServer.address()).port)));
JS
node "$folder/serve.js" "$folder/npm/node_modules/s3rver" "$folder/store" "$folder/port" &
server=$!
cat > "$folder/see.py" <<'PY'
import pathlib, sys, time, urllib.error, urllib.request
import boto3

port = pathlib.Path(sys.argv[1])
for _ in range(300):
    if port.exists() and port.read_text():
        break
    time.sleep(0.1)
keys = {"aws_access_key_id": "S3RVER", "aws_secret_access_key": "S3RVER", "region_name": "us-east-1"}
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port.read_text()}", **keys)
client.put_object(Bucket="of-mine", Key="me.jpg", Body=b"picture")


def status(link, verb):
    try:
        return urllib.request.urlopen(urllib.request.Request(link, method=verb), timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


seen = {}
for operation in ("get_object", "head_object"):
    link = client.generate_presigned_url(operation, {"Bucket": "of-mine", "Key": "me.jpg"}, ExpiresIn=1000)
    seen[operation] = (status(link, "GET"), status(link, "HEAD"))
print("; ".join(f"{name}: GET {get}, HEAD {head}" for name, (get, head) in seen.items()))
sys.exit(0 if seen == {"get_object": (200, 403), "head_object": (403, 200)} else 1)
PY
"$folder/venv/bin/python" "$folder/see.py" "$folder/port"
