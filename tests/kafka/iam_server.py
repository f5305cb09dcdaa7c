"""A real Apache Kafka with a listener that takes and refuses clients as Amazon MSK does with IAM."""

import subprocess
from pathlib import Path

from tests.kafka import sasl
from tests.kafka.jars import KAFKA_VERSION, kafka_jars
from tests.kafka.kafka_server import KafkaServer, Plugin, TlsListener
from tests.kafka.msk_token import REGION, Identity

_COMPILE_S_MAX = 60
_SOURCE = Path(__file__).resolve().parent / "iam" / "IamValidator.java"
_SASL = """listener.name.{name}.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.{name}.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
listener.name.{name}.oauthbearer.sasl.server.callback.handler.class=IamValidator
"""
# The plaintext listener is the operator's: whoever comes by it may do everything.
_SETTINGS = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class IamServer(KafkaServer):
    """One broker with a plaintext listener, a TLS listener, and one for `identities` (`iam_address`).

    A connection ends `session_s` after its token was taken, at the first request after that. What an identity may do is
    up to `allow`; by itself it may only connect. `advertised_port`: of a proxy before the last listener.
    """

    def __init__(self, directory: Path, identities: list[Identity], session_s: float = 900,
                 advertised_port: int = 0):
        directory = Path(directory).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        self._table = directory / "iam.properties"
        self.tell(identities, session_s)
        plugin = Plugin(_compiled(directory / "classes"), _SETTINGS, (f"-Dodograph.iam={self._table}",))
        listener = TlsListener(sasl=_SASL, advertised_port=advertised_port)
        super().__init__(directory, tls=True, more={"IAM": listener}, plugin=plugin)

    @property
    def iam_address(self) -> str:
        """host:port of the listener that wants tokens."""
        return self.tls_address("IAM")

    def tell(self, identities: list[Identity], session_s: float = 900) -> None:
        """Whom to take from now on, and for how long; connections that are there already stay."""
        lines = [f"host=kafka.{REGION}.amazonaws.com", f"region={REGION}", f"session_ms={round(session_s * 1000)}"]
        for one in identities:
            lines += [f"{one.key_id}.secret={one.secret}", f"{one.key_id}.principal={one.principal}"]
            lines += [f"{one.key_id}.token={one.session_token}"] if one.session_token else []
        fresh = self._table.with_suffix(".new")
        fresh.write_text("\n".join(lines))
        fresh.replace(self._table)

    def allow(self, identity: Identity, *rules: tuple[str, str, str]) -> None:
        """Each rule: resource, name, operation, as `sasl.allow` has them."""
        with self.connect(timeout_s=15) as connection:
            sasl.allow(connection, identity.principal, list(rules))

    def forbid(self, identity: Identity) -> None:
        """Takes all of it back."""
        with self.connect(timeout_s=15) as connection:
            sasl.forbid(connection, identity.principal)

    def accepted(self, identity: Identity) -> int:
        """How often a token of that identity was taken since the last start."""
        return self._said().count(f"IAM accepted {identity.principal}")

    def refusals(self) -> list[str]:
        """Why tokens were refused since the last start, oldest first; clients are not told."""
        return [line.removeprefix("IAM refused: ") for line in self._said() if line.startswith("IAM refused: ")]

    def _said(self) -> list[str]:
        return self.log_file.read_text(errors="replace").splitlines()


def _compiled(classes: Path) -> Path:
    """The compiler is a module of the runtime: no JDK is needed."""
    clients = kafka_jars() / f"kafka-clients-{KAFKA_VERSION}.jar"
    done = subprocess.run(["java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "-Xlint:all,-serial", "-Werror",
                           "-proc:none", "-d", classes, "-cp", clients, _SOURCE],
                          capture_output=True, text=True, timeout=_COMPILE_S_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"{_SOURCE.name} does not compile:\n{done.stdout}{done.stderr}")
    return classes
