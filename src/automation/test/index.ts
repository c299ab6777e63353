import "./dispatch.test.ts";
import "./variant.test.ts";
