import { runLocalServer } from "comity";
import { defaultLimits } from "comity/base";
import { homeFolder } from "comity/com";
import { serverMechanisms } from "comity/runtime";
import { noGuessLimits } from "../support/no-guess-limits.js";
import subjectModule from "./module.js";

// The subject without its gates: whoever connects reaches the decoders behind them. For the hostile tests only.
process.exitCode = await runLocalServer(subjectModule, {
  program: import.meta.url,
  runtime: {
    remoting: {
      minimumLevel: 1,
      accessGate: () => true,
      mechanisms: serverMechanisms(homeFolder(), undefined, noGuessLimits),
      limits: { ...defaultLimits, handshakeTimeout: 1500 },
      connectTimeout: 1000,
      callTimeout: 2000,
    },
  },
});
