import { runLocalServer } from "comity";
import subjectModule from "./module.js";

// The subject as a program of its own. COMITY_SUBJECT_USER is who it is when it calls its clients on other machines.
const user = process.env["COMITY_SUBJECT_USER"];
const password = process.env["COMITY_SUBJECT_PASSWORD"] ?? "";
/** What it warns of stands in the log of the launched server. */
const say = (fields: object, message: string): void =>
  console.error(
    message,
    JSON.stringify(fields, (_, value) => (typeof value === "bigint" ? String(value) : value)),
  );
const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: say, error: say };
process.exitCode = await runLocalServer(subjectModule, {
  program: import.meta.url,
  runtime: { logger, ...(user === undefined ? {} : { credentials: { user, password } }) },
});
