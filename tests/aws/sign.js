// AWS's signer for JavaScript: cases as JSON on stdin, tokens as JSON on stdout. See signers.py.
//
// A case: `region`, `key`, `secret`, `session` ("" for none), `time_ms` since 1970, and where the credentials expire
// `credentials_expire_ms`.
"use strict";

const fs = require("node:fs");

const SystemDate = Date;
let frozenMs = 0;

class FrozenDate extends SystemDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [frozenMs]));
  }
  static now() {
    return frozenMs;
  }
}
globalThis.Date = FrozenDate;

const { generateAuthTokenFromCredentialsProvider } = require("aws-msk-iam-sasl-signer-js");

async function sign(one) {
  frozenMs = one.time_ms;
  const credentials = { accessKeyId: one.key, secretAccessKey: one.secret };
  if (one.session !== "") credentials.sessionToken = one.session;
  if (one.credentials_expire_ms) credentials.expiration = new SystemDate(one.credentials_expire_ms);
  const made = await generateAuthTokenFromCredentialsProvider({
    region: one.region,
    awsCredentialsProvider: async () => credentials,
  });
  return { token: made.token, expires_ms: made.expiryTime };
}

async function main() {
  const made = [];
  // One after the other: they share the clock.
  for (const one of JSON.parse(fs.readFileSync(0, "utf8"))) made.push(await sign(one));
  process.stdout.write(JSON.stringify(made));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
