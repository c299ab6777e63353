import "./pickle.test.ts";
import "./samba.test.ts";
