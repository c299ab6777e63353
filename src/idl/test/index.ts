import "./preprocessor.test.ts";
import "./parser.test.ts";
import "./errors.test.ts";
import "./well-known.test.ts";
import "./typescript.test.ts";
import "./json.test.ts";
import "./vectors.test.ts";
import "./fuzz.test.ts";
