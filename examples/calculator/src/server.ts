import { runLocalServer } from "comity";
import calculatorModule from "./module.js";

// The local server: node server.js -RegServer | -UnregServer | -Embedding, or without an argument until it is stopped.
process.exitCode = await runLocalServer(calculatorModule, { program: import.meta.url });
