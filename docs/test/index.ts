import "./cli.test.ts";
import "./dependencies.test.ts";
import "./errors.test.ts";
import "./links.test.ts";
import "./readme.test.ts";
import "./security.test.ts";
import "./tutorials.test.ts";
import "./windows-api.test.ts";
