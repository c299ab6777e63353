import "./interface.test.ts";
import "./hostile.test.ts";
import "./method.test.ts";
import "./pickle.test.ts";
import "./pointer.test.ts";
import "./property.test.ts";
import "./samba.test.ts";
import "./values.test.ts";
