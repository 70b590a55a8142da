// The Vercel AI SDK with the providers' own packages.
// Tries: ai, @ai-sdk/openai, @ai-sdk/anthropic, @ai-sdk/google

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";

import { aiSdkCases, embeddingCase } from "./ai-sdk.mjs";
import { GATEWAY } from "./demo.mjs";

const settings = (marked, place) => ({
  baseURL: `${GATEWAY}/${place}`,
  apiKey: "not-needed",
  headers: marked.headers,
});
const openai = (marked) => createOpenAI(settings(marked, "openai"));
const google = (marked) => createGoogleGenerativeAI(settings(marked, "google-ai-studio/v1beta"));

aiSdkCases("openai, by itself", {
  model: (marked, name) => openai(marked)(name),
  row: { provider: "openai", path: "responses" },
});
aiSdkCases("openai, chat", {
  model: (marked, name) => openai(marked).chat(name),
  row: { provider: "openai", path: "chat/completions" },
});
aiSdkCases("anthropic", {
  model: (marked, name) => createAnthropic(settings(marked, "anthropic/v1"))(name),
  row: { provider: "anthropic", path: "v1/messages" },
});
// The base URL that Cloudflare's `getUrl` gives has no version, and the package adds none.
aiSdkCases("anthropic, without the version", {
  model: (marked, name) => createAnthropic(settings(marked, "anthropic"))(name),
  row: { provider: "anthropic", path: "messages" },
});
aiSdkCases("google", {
  model: (marked, name) => google(marked)(name),
  row: { provider: "google-ai-studio" },
});
embeddingCase("openai", {
  model: (marked) => openai(marked).embedding("text-embedding-3-small"),
  row: { provider: "openai", path: "embeddings", tokens_in: 3 },
});
embeddingCase("google", {
  model: (marked) => google(marked).embedding("gemini-embedding-001"),
  row: { provider: "google-ai-studio", model: "gemini-embedding-001" },
});
