// Cloudflare's own SDK on stored keys, and on the URLs of providers.
// Tries: cloudflare

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Cloudflare from "cloudflare";

import { DEMO, GATEWAY, MESSAGES, REST } from "./demo.mjs";

const HOLDER = "npm-keys";
const account = { account_id: DEMO.account };
const client = new Cloudflare({ apiToken: DEMO.token, baseURL: REST, maxRetries: 0 });
const { providerConfigs, urls } = client.aiGateway;
const place = GATEWAY.replace(`/${DEMO.gateway}`, `/${HOLDER}`);

const store = (alias, more = {}) =>
  providerConfigs.create(HOLDER, {
    ...account,
    alias,
    default_config: alias === "default",
    provider_slug: "openai",
    secret: "sk-0123456789-wxyz",
    ...more,
  });

describe("cloudflare, stored keys", () => {
  before(() =>
    client.aiGateway.create({
      id: HOLDER,
      ...account,
      cache_invalidate_on_update: false,
      cache_ttl: null,
      collect_logs: true,
      rate_limiting_interval: null,
      rate_limiting_limit: null,
      authentication: true,
    }),
  );
  after(() => client.aiGateway.delete(HOLDER, account));

  test("a key is stored and listed and never shown", async () => {
    const made = await store("default", { rate_limit: 1, rate_limit_period: 3600 });
    assert.deepEqual([made.rate_limit, made.rate_limit_period], [1, 3600]);
    assert.equal(made.secret_preview, "…wxyz");
    const other = await store("other");
    const listed = [];
    for await (const config of providerConfigs.list(HOLDER, { ...account, per_page: 1 })) {
      listed.push(config);
    }
    assert.deepEqual(
      listed.map((config) => [config.id, config.alias]),
      [
        [made.id, "default"],
        [other.id, "other"],
      ],
    );
    assert.ok(!JSON.stringify([made, other, listed]).includes("0123456789"));
    await assert.rejects(store("default"), Cloudflare.BadRequestError);
  });

  test("calls go with the key as often as they may", async () => {
    const ask = () =>
      fetch(`${place}/openai/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${DEMO.token}` },
        body: JSON.stringify({ model: "m", messages: MESSAGES }),
      });
    assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 429);
  });

  test("the URL of a provider", async () => {
    const here = { ...account, gateway_id: HOLDER };
    assert.equal(await urls.get("openai", here), `${place}/openai`);
    await assert.rejects(
      urls.get("openai", { ...account, gateway_id: "npm-absent" }),
      Cloudflare.NotFoundError,
    );
  });
});
