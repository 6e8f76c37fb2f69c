// Rust: enums with data, options, strings, vectors, slices, tuples, references.
#![allow(dead_code, unused_variables)]
#![no_std]
extern crate alloc;
use alloc::{boxed::Box, string::String, vec, vec::Vec};

static mut HEAP: [u64; 512] = [0; 512];
static mut USED: usize = 0;
// what the compiler makes of a global allocator when it links a program; here the linker is called by itself
#[no_mangle]
unsafe extern "C" fn __rust_alloc(size: usize, _: usize) -> *mut u8 {
    let start = USED;
    USED += (size + 7) / 8;
    HEAP.as_mut_ptr().add(start) as *mut u8
}
#[no_mangle]
extern "C" fn __rust_dealloc(_: *mut u8, _: usize, _: usize) {}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

enum Shape {
    Empty,
    Circle(f32),
    Box { width: u16, height: u16 },
}
#[derive(Clone, Copy)]
enum Level {
    Low = 1,
    High = 20,
}
struct Point {
    x: i64,
    y: i8,
}
struct Meters(f64);
struct Unit;

#[no_mangle]
pub extern "C" fn _start() {
    let name = String::from("gr\u{fc}n");
    let text: &str = "a \"text\"";
    let numbers = vec![1u32, 1, 2, 3, 5];
    let slice: &[u32] = &numbers[1..3];
    let names: Vec<String> = vec![String::from("one"), String::from("two")];
    let some: Option<u32> = Some(5);
    let none: Option<u32> = None;
    let boxed: Option<Box<i32>> = Some(Box::new(-7));
    let nobody: Option<Box<i32>> = None;
    let fine: Result<u8, &str> = Ok(3);
    let bad: Result<u8, &str> = Err("too late");
    let shapes = [Shape::Empty, Shape::Circle(1.5), Shape::Box { width: 3, height: 4 }];
    let level = Level::High;
    let low = Level::Low;
    let point = Point { x: -1, y: 127 };
    let length = Meters(2.5);
    let unit = Unit;
    let pair = (true, 'ß', 'a');
    let nothing = ();
    let wide: u128 = 1 << 100;
    let array = [0u8; 40];
    // not optimized: all of them are kept
    if point.y == 127 {
        core::arch::wasm32::unreachable()
    }
}
