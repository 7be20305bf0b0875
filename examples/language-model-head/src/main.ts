import { languageModelHead } from "./language-model-head.ts";

const { complaints } = await languageModelHead(console.log);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
