import "./telemetry.test.ts";
