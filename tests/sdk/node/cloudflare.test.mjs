// Cloudflare's own SDK on the control plane: gateways, logs, and what is not served yet.
// Tries: cloudflare

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Cloudflare from "cloudflare";

import { DEMO, GATEWAY, MESSAGES, Marked, QUESTION_TOKENS, REST } from "./demo.mjs";

const account = { account_id: DEMO.account };
const client = new Cloudflare({ apiToken: DEMO.token, baseURL: REST, maxRetries: 0 });
const gateways = client.aiGateway;
// What the SDK insists on when a gateway is made or changed.
const NOTHING_ON = {
  ...account,
  cache_invalidate_on_update: false,
  cache_ttl: null,
  collect_logs: true,
  rate_limiting_interval: null,
  rate_limiting_limit: null,
};

async function refused(status, code, call, said = "") {
  await assert.rejects(
    call,
    (error) =>
      error instanceof Cloudflare.APIError &&
      error.status === status &&
      // The SDK reads Cloudflare's envelope.
      error.errors[0].code === code &&
      error.errors[0].message.includes(said),
  );
}

describe("cloudflare", () => {
  test("a gateway's life", async () => {
    const made = await gateways.create({ id: "npm-life", ...NOTHING_ON });
    assert.deepEqual([made.id, made.collect_logs, made.cache_ttl], ["npm-life", true, 0]);
    assert.equal((await gateways.get("npm-life", account)).created_at, made.created_at);
    // The SDK sends no name when it changes a gateway.
    const changed = await gateways.update("npm-life", { ...NOTHING_ON, cache_ttl: 300 });
    assert.equal(changed.cache_ttl, 300);
    assert.equal((await gateways.delete("npm-life", account)).id, "npm-life");
    await refused(404, 7002, gateways.get("npm-life", account));
  });

  test("pages end", async () => {
    const names = [0, 1, 2, 3, 4].map((number) => `npm-page-${number}`);
    for (const id of names) {
      await gateways.create({ id, ...NOTHING_ON });
    }
    const seen = [];
    for await (const gateway of gateways.list({ ...account, per_page: 2 })) {
      seen.push(gateway.id);
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(names.every((name) => seen.includes(name)));
    for (const id of names) {
      await gateways.delete(id, account);
    }
  });

  test("logs", async () => {
    const marked = new Marked();
    await fetch(`${GATEWAY}/openai/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...marked.headers },
      body: JSON.stringify({ model: "for-the-log", messages: MESSAGES }),
    });
    const row = await marked.logged({ model: "for-the-log", tokens_in: QUESTION_TOKENS });
    const page = await gateways.logs.list(DEMO.gateway, { ...account, per_page: 1 });
    assert.equal(page.result.length, 1);
    assert.equal(page.result[0].id, row.id);
    const here = { ...account, gateway_id: DEMO.gateway };
    assert.equal((await gateways.logs.get(row.id, here)).model, "for-the-log");
    assert.deepEqual((await gateways.logs.request(row.id, here)).messages, MESSAGES);
    await gateways.logs.edit(row.id, { ...here, feedback: -1 });
    assert.equal((await gateways.logs.get(row.id, here)).feedback, -1);
    const ids = [];
    for await (const one of gateways.logs.list(DEMO.gateway, { ...account, per_page: 2 })) {
      ids.push(one.id);
      if (ids.length === 5) {
        break;
      }
    }
    assert.equal(new Set(ids).size, ids.length);
  });

  test("who may ask", async () => {
    const nobody = new Cloudflare({ apiToken: "nobody", baseURL: REST, maxRetries: 0 });
    await refused(401, 10000, nobody.aiGateway.list(account));
  });

  test("settings that are not performed are refused", async () => {
    for (const setting of [{ logpush: true }, { zdr: true }]) {
      const [name] = Object.keys(setting);
      const call = gateways.create({ id: "npm-never", ...NOTHING_ON, ...setting });
      await refused(400, 7001, call, name);
    }
    await refused(404, 7002, gateways.get("npm-never", account));
  });

  // What comes later is taken out of this list when it comes, and tested above.
  test("what is not served says so", async () => {
    await refused(404, 7000, gateways.datasets.list(DEMO.gateway, account));
    await refused(404, 7000, gateways.evaluations.list(DEMO.gateway, account));
    await refused(404, 7000, gateways.dynamicRouting.list(DEMO.gateway, account));
  });
});
