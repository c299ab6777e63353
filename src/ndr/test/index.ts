import "./pickle.test.ts";
import "./samba.test.ts";
import "./pointer.test.ts";
import "./property.test.ts";
