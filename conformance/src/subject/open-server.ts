import { runLocalServer } from "comity";
import { defaultLimits } from "comity/base";
import subjectModule from "./module.js";

// The subject without its gates: whoever connects reaches the decoders behind them. For the hostile tests only.
process.exitCode = await runLocalServer(subjectModule, {
  program: import.meta.url,
  runtime: {
    remoting: {
      minimumLevel: 1,
      accessGate: () => true,
      limits: { ...defaultLimits, handshakeTimeout: 1500 },
      connectTimeout: 1000,
      callTimeout: 2000,
    },
  },
});
