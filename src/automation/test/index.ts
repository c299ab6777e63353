import "./convert.test.ts";
import "./dispatch.test.ts";
import "./typelib-build.test.ts";
import "./typelib-descriptor.test.ts";
import "./typelib-msft.test.ts";
import "./typelib-sltg.test.ts";
import "./variant.test.ts";
import "./wire.test.ts";
