import "./identity.test.ts";
import "./pointer.test.ts";
import "./mapper.test.ts";
import "./runtime.test.ts";
import "./proxy.test.ts";
import "./module.test.ts";
import "./registry.test.ts";
import "./reg-file.test.ts";
