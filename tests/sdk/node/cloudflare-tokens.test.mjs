// Cloudflare's own SDK on tokens and the audit log.
// Tries: cloudflare

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import Cloudflare from "cloudflare";

import { DEMO, GATEWAY, MESSAGES, REST } from "./demo.mjs";

const account = { account_id: DEMO.account };
// Every account has it, and it asks who calls.
const CLOSED = "default";
const PLACE = GATEWAY.slice(0, -DEMO.gateway.length) + CLOSED;
const resources = { [`com.cloudflare.api.account.${DEMO.account}`]: "*" };
const clientWith = (apiToken) => new Cloudflare({ apiToken, baseURL: REST, maxRetries: 0 });
const client = clientWith(DEMO.token);
const tokens = client.accounts.tokens;

async function refused(status, code, call, said = "") {
  await assert.rejects(
    call,
    (error) =>
      error instanceof Cloudflare.APIError &&
      error.status === status &&
      error.errors[0].code === code &&
      error.errors[0].message.includes(said),
  );
}

// What these permission groups allow, found by their names as the SDK finds them.
async function policies(...names) {
  const ids = new Map();
  for await (const group of tokens.permissionGroups.list(account)) {
    ids.set(group.name, group.id);
  }
  const permission_groups = names.map((name) => ({ id: ids.get(name) }));
  return [{ effect: "allow", permission_groups, resources }];
}

async function ask(token) {
  const answer = await fetch(`${PLACE}/openai/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer x",
      "cf-aig-authorization": `Bearer ${token}`,
    },
    body: JSON.stringify({ model: "m", messages: MESSAGES }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe("cloudflare, tokens", () => {
  test("a token's life", async () => {
    const name = `npm-${randomUUID()}`;
    const made = await tokens.create({
      ...account,
      name,
      policies: await policies("AI Gateway Run"),
      expires_on: new Date(Date.now() + 86_400_000).toISOString(),
    });
    assert.deepEqual([made.name, made.status], [name, "active"]);
    assert.equal(await ask(made.value), 200);
    assert.equal((await clientWith(made.value).user.tokens.verify()).id, made.id);
    assert.equal((await tokens.get(made.id, account)).value, undefined);
    const off = await tokens.update(made.id, {
      ...account,
      name,
      policies: await policies("AI Gateway Run"),
      status: "disabled",
    });
    assert.deepEqual([off.status, off.expires_on], ["disabled", made.expires_on]);
    assert.equal(await ask(made.value), 401);
    await tokens.update(made.id, { ...account, name, policies: off.policies, status: "active" });
    const rolled = await tokens.value.update(made.id, account);
    assert.deepEqual([await ask(made.value), await ask(rolled)], [401, 200]);
    const ids = [];
    for await (const token of tokens.list({ ...account, per_page: 1, direction: "desc" })) {
      ids.push(token.id);
    }
    assert.ok(ids.includes(made.id) && new Set(ids).size === ids.length);
    assert.equal((await tokens.delete(made.id, account)).id, made.id);
    assert.equal(await ask(rolled), 401);
    await refused(404, 7002, tokens.get(made.id, account));
  });

  test("a token gives no more than it has", async () => {
    const made = await tokens.create({
      ...account,
      name: "npm-weak",
      policies: await policies("Account API Tokens Write"),
    });
    const weak = clientWith(made.value).accounts.tokens;
    const stronger = { ...account, name: "x", policies: await policies("AI Gateway Run") };
    await refused(403, 10000, weak.create(stronger), "run");
    await refused(403, 10000, weak.list(account));
    await tokens.delete(made.id, account);
  });

  test("the audit log says who changed what", async () => {
    const made = await tokens.create({
      ...account,
      name: "npm-audit",
      policies: await policies("AI Gateway Read"),
    });
    await tokens.delete(made.id, account);
    const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const range = { ...account, since: day(-1), before: day(2), limit: 2 };
    const seen = [];
    for await (const entry of client.accounts.logs.audit.list(range)) {
      if (entry.resource.id === made.id) {
        seen.push([entry.action.type, entry.resource.type, entry.action.result]);
      }
    }
    assert.deepEqual(seen, [
      ["delete", "token", "success"],
      ["create", "token", "success"],
    ]);
  });
});
