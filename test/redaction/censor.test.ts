import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createCensor } from "../../src/redaction/index.ts";

const censor = createCensor();

test("keys that look secret, in every spelling, and keys that only look alike", () => {
  const secret = [
    "password",
    "Password",
    "db_password",
    "userPassword",
    "passwd",
    "pwd",
    "X-Api-Key",
    "apiKey",
    "api.key",
    "access_token",
    "accessToken",
    "token",
    "client_secret",
    "Authorization",
    "Set-Cookie",
    "cookie",
    "card_number",
    "cardNumber",
    "cvc",
    "cvv2",
    "creditCard",
    "pin",
    "otp",
    "private_key",
    "sessionId",
    "AWS_SECRET_ACCESS_KEY",
  ];
  const harmless = [
    "compass",
    "passed",
    "tokenCount",
    "total_tokens",
    "author",
    "authenticated",
    "spin",
    "pinned",
    "company",
    "card",
    "key",
    "id",
    "keyboard",
    "monkey",
    "sign",
    "hotpath",
    "",
  ];
  for (const key of secret) assert.ok(censor.isSecretKey(key), key);
  for (const key of harmless) assert.ok(!censor.isSecretKey(key), key);
});

test("secrets are recognised by their shape within a text", () => {
  const table: [text: string, secret: string][] = [
    ["card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"],
    ["card 5500-0055-5555-5559.", "5500-0055-5555-5559"],
    ['{"amount":12,"pan":"378282246310005"}', "378282246310005"],
    ["Authorization: Bearer 9f8e7d6c5b4a", "9f8e7d6c5b4a"],
    ["basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    ["postgres://app:s3cr3t@db/x", "s3cr3t"],
    ["https://x.example/?api_key=abc123&q=1", "abc123"],
    ["login failed for password=hunter2, user=eve", "hunter2"],
    ["{ user: 'eve', password: 'hunter2' }", "hunter2"],
    ['{"user":"eve","password":"hun\\"ter2"}', 'hun\\"ter2'],
    [JSON.stringify({ body: JSON.stringify({ password: "hunter2", n: 1 }) }), "hunter2"],
    ['{"password":"hunter2 is cut o', "hunter2"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIiOiIxIn0"],
    ["-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----", "MC4CAQAwBQYDK2Vw"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vw"],
  ];
  for (const [text, secret] of table) {
    const censored = censor.censorText(text);
    assert.ok(!censored.includes(secret), `${text} became ${censored}`);
    assert.ok(censored.includes("[REDACTED]"), text);
  }
});

test("what is no secret stays as it is", () => {
  const texts = [
    "order 1700000000000 took 12 ms",
    "4111 1111 1111 1112 fails the check digit",
    "tokens: 5, total_tokens=17",
    "user eve logged in",
    "https://example.org/path?page=2",
    "1.4111111111111111",
    "",
  ];
  for (const text of texts) assert.equal(censor.censorText(text), text);
});

test("redaction neither throws nor takes long, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000, unit: "binary" }), (text) => {
      assert.equal(typeof censor.censorText(text), "string");
    }),
  );
  const hostile = [
    "password".repeat(200),
    "a:".repeat(2000),
    '"'.repeat(4000),
    "4 ".repeat(3000),
    "password=" + '\\"'.repeat(3000),
    "a.".repeat(2000) + "=x",
    "eyJ".repeat(2000),
    "://".repeat(2000),
  ];
  for (const text of hostile) {
    const start = process.cpuUsage();
    censor.censorText(`password ${text}`);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 500_000, `${text.slice(0, 20)} took ${user + system} us`);
  }
});
