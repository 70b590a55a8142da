// Cloudflare's own SDK on custom providers.
// Tries: cloudflare

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Cloudflare from "cloudflare";

import { DEMO, REST } from "./demo.mjs";

const account = { account_id: DEMO.account };
const client = new Cloudflare({ apiToken: DEMO.token, baseURL: REST, maxRetries: 0 });
const providers = client.aiGateway.customProviders;

function make(slug, settings = {}) {
  const base_url = "https://api.acme.example/v1";
  return providers.create({ ...account, name: slug.toUpperCase(), slug, base_url, ...settings });
}

async function refused(status, code, call) {
  await assert.rejects(
    call,
    (error) =>
      error instanceof Cloudflare.APIError &&
      error.status === status &&
      error.errors.some((one) => one.code === code),
  );
}

describe("cloudflare custom providers", () => {
  test("a provider's life", async () => {
    const made = await make("npm-life", { enable: true, headers: '{"x-team":"canary"}' });
    assert.deepEqual([made.slug, made.enable, made.headers], ["npm-life", true, '{"x-team":"…"}']);
    const got = await providers.get(made.id, account);
    assert.equal(got.created_at, made.created_at);
    assert.equal((await providers.delete(made.id, account)).id, made.id);
    await refused(404, 7002, providers.get(made.id, account));
  });

  test("pages end", async () => {
    const made = [];
    for (const number of [0, 1, 2]) {
      made.push(await make(`npm-page-${number}`));
    }
    const seen = [];
    for await (const one of providers.list({ ...account, per_page: 2, search: "npm-page-" })) {
      seen.push(one.id);
    }
    assert.deepEqual(
      seen,
      made.map((one) => one.id),
    );
    for (const one of made) {
      await providers.delete(one.id, account);
    }
  });

  test("what is refused", async () => {
    const made = await make("npm-twice");
    await refused(409, 1003, make("npm-twice"));
    await refused(400, 1002, make("npm-bad", { base_url: "https://10.0.0.1" }));
    await providers.delete(made.id, account);
  });
});
