import "./pdu.test.ts";
