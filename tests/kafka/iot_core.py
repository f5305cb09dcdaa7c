"""AWS IoT Core's credential provider on the loopback address: credentials for a device's certificate.

Source: AWS IoT Core developer guide, "Authorizing direct calls to AWS services using AWS IoT Core credential provider".
"""

import json
import ssl
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.kafka.certificates import Certificates
from tests.kafka.msk_token import Identity

ROLE_ALIAS = "odograph-vehicle"


class IotCore:
    """Gives `identity` to whoever shows a certificate of the authority in `certificates`; a context manager."""

    def __init__(self, certificates: Certificates, identity: Identity, host: str, lifetime: timedelta):
        self.things: list[str | None] = []  # Whom it was asked for.
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.things.append(self.headers.get("x-amzn-iot-thingname"))
                expiration = (datetime.now(timezone.utc) + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
                found = self.path == f"/role-aliases/{ROLE_ALIAS}/credentials"
                body = json.dumps({"credentials": {
                    "accessKeyId": identity.key_id, "secretAccessKey": identity.secret,
                    "sessionToken": identity.session_token, "expiration": expiration}} if found
                    else {"message": "Role alias does not exist"}).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # Of clients that were refused: they are told by TLS.

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(certificates.server)
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.endpoint = f"{host}:{self._server.server_port}"

    def __enter__(self) -> "IotCore":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()
