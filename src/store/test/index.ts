import "./key.test.ts";
import "./store.test.ts";
import "./processes.test.ts";
