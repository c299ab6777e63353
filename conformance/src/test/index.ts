import "./distances.test.js";
