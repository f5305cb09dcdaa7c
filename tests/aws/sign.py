"""Runs in the signer's own venv: cases as JSON on stdin, tokens as JSON on stdout. See signers.py.

A case: `region`, `key`, `secret`, `session` ("" for none), `time_ms` since 1970, `user_agent`.
"""

import datetime
import json
import sys

import botocore.auth
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider as signer
from botocore.credentials import CredentialProvider, Credentials


class Given(CredentialProvider):
    METHOD = "given"

    def __init__(self, case: dict):
        super().__init__()
        self.case = case

    def load(self) -> Credentials:
        return Credentials(self.case["key"], self.case["secret"], self.case["session"] or None)


def sign(case: dict) -> dict:
    epoch = datetime.datetime(1970, 1, 1)
    now = epoch + datetime.timedelta(milliseconds=case["time_ms"])
    botocore.auth.get_current_datetime = lambda *_, **__: now
    signer.__get_user_agent__ = lambda: case["user_agent"]
    token, expires_ms = signer.generate_auth_token_from_credentials_provider(case["region"], Given(case))
    return {"token": token, "expires_ms": expires_ms}


json.dump([sign(case) for case in json.load(sys.stdin)], sys.stdout)
