import "./distances.test.js";
import "./suites.test.js";
import "./third.test.js";
import "./security.test.js";
import "./life.test.js";
import "./scale.test.js";
import "./hostile.test.js";
import "./leftovers.test.js";
