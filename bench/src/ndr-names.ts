export { array, f32, f64, field, i16, i32, string, struct, u16, u32, u8, unique } from "comity/codegen/v1";
export { type Codec, codecFor, plainContext } from "comity/ndr";
