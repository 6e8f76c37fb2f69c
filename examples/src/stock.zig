//! Keeps stock by orders, one a line: `new NAME COUNT`, `buy NAME COUNT`, `sell NAME COUNT`, `close NAME`.
//! The bug: whoever closes an item moves another one, which is looked for where it was.
const std = @import("std");

const Kind = enum { fresh, known };

const Item = struct {
    name: []const u8,
    count: u32,
    price: ?f32 = null,
    kind: Kind = .fresh,
};

const Change = union(enum) {
    new: u32,
    buy: u32,
    sell: struct { count: u32, at: f32 },
    close,
};

const Order = struct { name: []const u8, change: Change };

const OrderError = error{ BadLine, BadCount };

const Stock = struct {
    items: std.ArrayList(Item),
    index: std.StringHashMap(u32),
    open: u32 = 0,

    fn find(self: *Stock, name: []const u8) ?*Item {
        const at = self.index.get(name) orelse return null;
        return &self.items.items[at];
    }

    fn add(self: *Stock, name: []const u8, count: u32) !void {
        try self.index.put(name, @intCast(self.items.items.len));
        try self.items.append(.{ .name = name, .count = count });
        self.open += 1;
    }

    /// The last item takes the place of the one that goes: its own place in `index` stays what it was.
    fn remove(self: *Stock, name: []const u8) void {
        const entry = self.index.fetchRemove(name) orelse return;
        _ = self.items.swapRemove(entry.value);
        self.open -= 1;
    }

    fn apply(self: *Stock, order: Order) !void {
        switch (order.change) {
            .new => |count| return self.add(order.name, count),
            .close => return self.remove(order.name),
            else => {},
        }
        const item = self.find(order.name) orelse return;
        item.kind = .known;
        switch (order.change) {
            .buy => |count| item.count += count,
            .sell => |sale| {
                item.count -= sale.count;
                item.price = sale.at;
            },
            else => unreachable,
        }
    }
};

fn parse(line: []const u8) OrderError!Order {
    var words = std.mem.tokenizeScalar(u8, line, ' ');
    const what = words.next() orelse return error.BadLine;
    const name = words.next() orelse return error.BadLine;
    if (std.mem.eql(u8, what, "close")) return .{ .name = name, .change = .close };
    const digits = words.next() orelse return error.BadLine;
    const count = std.fmt.parseInt(u32, digits, 10) catch return error.BadCount;
    if (std.mem.eql(u8, what, "new")) return .{ .name = name, .change = .{ .new = count } };
    if (std.mem.eql(u8, what, "buy")) return .{ .name = name, .change = .{ .buy = count } };
    if (!std.mem.eql(u8, what, "sell")) return error.BadLine;
    return .{ .name = name, .change = .{ .sell = .{ .count = count, .at = 1.5 } } };
}

pub fn main() !void {
    var memory: [8192]u8 = undefined;
    var arena = std.heap.FixedBufferAllocator.init(&memory);
    var stock = Stock{
        .items = std.ArrayList(Item).init(arena.allocator()),
        .index = std.StringHashMap(u32).init(arena.allocator()),
    };
    const out = std.io.getStdOut().writer();
    var text: [512]u8 = undefined;
    const length = try std.io.getStdIn().readAll(&text);
    var lines = std.mem.tokenizeScalar(u8, text[0..length], '\n');
    var bad: u32 = 0;
    while (lines.next()) |line| {
        const order = parse(line);
        if (order) |good| {
            try stock.apply(good);
        } else |problem| {
            bad += 1;
            try out.print("{s}: {s}\n", .{ line, @errorName(problem) });
        }
    }
    for (stock.items.items) |item| try out.print("{s} {d}\n", .{ item.name, item.count });
}

/// The usual one brings a reader of debug information with it, of 400 KB.
pub fn panic(message: []const u8, _: ?*std.builtin.StackTrace, _: ?usize) noreturn {
    std.io.getStdErr().writer().print("panic: {s}\n", .{message}) catch {};
    @trap();
}
