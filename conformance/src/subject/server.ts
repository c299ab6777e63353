import { runLocalServer } from "comity";
import subjectModule from "./module.js";

// The subject as a program of its own. COMITY_SUBJECT_USER is who it is when it calls its clients on other machines.
const user = process.env["COMITY_SUBJECT_USER"];
const password = process.env["COMITY_SUBJECT_PASSWORD"] ?? "";
process.exitCode = await runLocalServer(subjectModule, {
  program: import.meta.url,
  runtime: user === undefined ? {} : { credentials: { user, password } },
});
