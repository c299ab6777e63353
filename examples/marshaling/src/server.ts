import { runLocalServer } from "comity";
import { module } from "./objects.js";

process.exitCode = await runLocalServer(module, { program: import.meta.url });
