import "./identity.test.ts";
import "./pointer.test.ts";
import "./runtime.test.ts";
