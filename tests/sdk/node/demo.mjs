// The running `aig demo` that every test here drives, and what its log says.
//
// `run` starts the demo and passes its line of JSON in AIG_DEMO. A test makes ordinary calls with an
// SDK; what the SDK got is then compared with the rows that the logs API shows for that test.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

export const DEMO = JSON.parse(process.env.AIG_DEMO);
export const ORIGIN = DEMO.base_url;
export const GATEWAY = `${ORIGIN}/v1/${DEMO.account}/${DEMO.gateway}`;
// Cloudflare's REST API; the unified endpoints stand below `AI`.
export const REST = `${ORIGIN}/client/v4`;
export const AI = `${REST}/accounts/${DEMO.account}/ai`;
const LOGS = `${REST}/accounts/${DEMO.account}/ai-gateway/gateways/${DEMO.gateway}/logs`;

// The demo's provider counts one token per word, and repeats the question in its answer.
export const QUESTION = "Why is the sky blue today?";
export const QUESTION_TOKENS = 6;
export const MESSAGES = [{ role: "user", content: QUESTION }];
// How long a row of the log may take to show up; the gateway promises a second.
const ROW_DEADLINE_MS = 15_000;

/** A mark in the metadata of requests, by which their rows are found. */
export class Marked {
  #mark = randomUUID();

  get metadata() {
    return { sdk_test: this.#mark };
  }

  get headers() {
    return {
      "cf-aig-authorization": `Bearer ${DEMO.token}`,
      "cf-aig-metadata": JSON.stringify(this.metadata),
    };
  }

  /** One row with this mark, and only one, says so; without more words, that it succeeded. */
  async logged(wanted = {}) {
    wanted = { success: true, status_code: 200, cached: false, ...wanted };
    const names = Object.keys(wanted);
    const deadline = Date.now() + ROW_DEADLINE_MS;
    for (;;) {
      const rows = (await rowsOfLog()).filter((row) => row.metadata?.sdk_test === this.#mark);
      const found = rows.filter((row) => names.every((name) => row[name] === wanted[name]));
      if (found.length === 1) {
        return found[0];
      }
      if (found.length > 1 || Date.now() > deadline) {
        const seen = rows.map((row) =>
          Object.fromEntries([...names, "outcome"].map((name) => [name, row[name]])),
        );
        const [said, are] = [JSON.stringify(wanted), JSON.stringify(seen)];
        assert.fail(`${found.length} rows, not one, say ${said}; there are ${are}`);
      }
      await pause(50);
    }
  }

  async loggedBreak(wanted = {}) {
    await this.logged({ success: false, outcome: "upstream_broke", ...wanted });
  }
}

async function rowsOfLog() {
  const answer = await fetch(`${LOGS}?per_page=50`, {
    headers: { authorization: `Bearer ${DEMO.token}` },
  });
  const body = await answer.json();
  assert.equal(body.success, true);
  return body.result;
}

/** The whole answer to the question, first word to last. */
export function assertAnswer(text) {
  assert.ok(text.startsWith(`You said: \u201c${QUESTION}\u201d.`), text);
  assert.ok(text.endsWith("was made on this machine."), text);
}

/**
 * The pieces of a stream; that they came one by one is asserted. A buffered stream would come at
 * once, when its last word is there; compared with the whole duration, so that a slow machine
 * changes nothing.
 */
export async function incremental(stream, begin) {
  const pieces = [];
  const times = [];
  for await (const piece of stream) {
    pieces.push(piece);
    times.push(performance.now() - begin);
  }
  assert.ok(times.length > 10, `${times.length} pieces`);
  assert.ok(times[0] < times.at(-1) / 2, `the first piece came at ${times[0]} of ${times.at(-1)} ms`);
  const apart = times.filter((time, place) => place > 0 && time - times[place - 1] > 5).length;
  assert.ok(apart > times.length / 3, `${apart} pauses: ${times}`);
  return pieces;
}

/**
 * A `fetch` that sends to this gateway what is meant for Cloudflare's hosts: the way for clients
 * that have these built in.
 */
export function towards(origin, fetch = globalThis.fetch) {
  const hosts = /^https:\/\/(gateway\.ai|api)\.cloudflare\.com(?=\/)/;
  return (input, init) =>
    input instanceof Request
      ? fetch(new Request(input.url.replace(hosts, origin), input), init)
      : fetch(String(input).replace(hosts, origin), init);
}
