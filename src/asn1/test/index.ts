import "./reader.test.ts";
import "./writer.test.ts";
import "./fuzz.test.ts";
