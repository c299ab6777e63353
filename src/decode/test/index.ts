import "./capture.test.ts";
import "./hostile.test.ts";
import "./link.test.ts";
import "./reassembly.test.ts";
import "./framing.test.ts";
import "./find-pdus.test.ts";
import "./expected.test.ts";
