import "./convert.test.ts";
import "./dispatch.test.ts";
import "./variant.test.ts";
import "./wire.test.ts";
import "./typelib-msft.test.ts";
import "./typelib-sltg.test.ts";
