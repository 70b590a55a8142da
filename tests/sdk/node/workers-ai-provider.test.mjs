// Cloudflare's provider for the Vercel AI SDK that runs models of Workers AI.
// Tries: workers-ai-provider, ai

import assert from "node:assert/strict";
import { test } from "node:test";

import { APICallError, generateText } from "ai";
import { createWorkersAI } from "workers-ai-provider";

import { aiSdkCases, embeddingCase } from "./ai-sdk.mjs";
import { DEMO, Marked, ORIGIN, QUESTION, assertAnswer, towards } from "./demo.mjs";

function workersAi(marked, settings = {}) {
  return createWorkersAI({
    accountId: DEMO.account,
    // A bearer, and the only credential that it sends: the gateway's token, not Cloudflare's.
    apiKey: DEMO.token,
    gateway: { id: DEMO.gateway, metadata: marked.metadata },
    // Cloudflare's hosts are built in.
    fetch: towards(ORIGIN),
    ...settings,
  });
}

aiSdkCases("workers-ai", {
  model: (marked, name) => workersAi(marked)(name),
  row: { provider: "workers-ai" },
  prefix: "@cf/meta/",
});
embeddingCase("workers-ai", {
  model: (marked) => workersAi(marked).textEmbedding("@cf/baai/bge-m3"),
  row: { provider: "workers-ai", model: "@cf/baai/bge-m3", path: "run/@cf/baai/bge-m3" },
});

test("without a gateway it asks Cloudflare's REST API", async () => {
  const model = workersAi(new Marked(), { gateway: undefined })("@cf/meta/m-1");
  const ask = generateText({ model, prompt: QUESTION, maxRetries: 0 });
  if (process.env.AIG_SDK_UNIFIED === "yes") {
    assertAnswer((await ask).text);
  } else {
    await assert.rejects(ask, (error) => APICallError.isInstance(error) && error.statusCode === 404);
  }
});
