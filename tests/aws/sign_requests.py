"""Runs in the venv of AWS's signer for Python: requests as JSON on stdin, what botocore makes of them on stdout.

A request: see requests_test.py. An answer: `headers` that are signed beside the given ones, `payload_sha256`, and
`result`, the Authorization header or the URL.
"""

import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.compat import quote
from botocore.credentials import Credentials

SIGNERS = {("header", False): botocore.auth.SigV4Auth, ("header", True): botocore.auth.S3SigV4Auth,
           ("query", False): botocore.auth.SigV4QueryAuth, ("query", True): botocore.auth.S3SigV4QueryAuth}


def encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def sign(one: dict) -> dict:
    now = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=one["time_ms"])
    botocore.auth.get_current_datetime = lambda *_, **__: now
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in one["query"])
    url = f"https://{one['host']}{one['path']}" + ("?" + query if query else "")
    request = AWSRequest(method=one["method"], url=url, data=one["body"].encode())
    for name, value in one["headers"]:
        request.headers.add_header(name, value)
    identity = Credentials(one["key"], one["secret"], one["session"] or None)
    is_s3 = one["service"] == "s3"
    more = {"expires": one["lifetime_s"]} if one["by"] == "query" else {}
    signer = SIGNERS[one["by"], is_s3](identity, one["service"], one["region"], **more)
    signer.add_auth(request)
    by_header = one["by"] == "header"
    added = ["X-Amz-Content-SHA256"] if is_s3 and by_header else []
    return {"headers": [[name, request.headers[name]] for name in added], "payload_sha256": signer.payload(request),
            "result": request.headers["Authorization"] if by_header else request.url}


json.dump([sign(one) for one in json.load(sys.stdin)], sys.stdout)
