// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of server-sent events into the data of each event.
///
/// Of the format (WHATWG HTML §9.2) it knows what our server writes: lines that end in LF,
/// `data:` lines, comments, and an empty line after each event. Other fields are passed over.
public struct EventStreamParser: Sendable {
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false

    /// Most bytes that one event may have.
    public static let byteCountLimit = 65_536

    /// A parser at the beginning of a stream.
    public init() {}

    /// Takes bytes as they come and returns the data of the events that they complete.
    ///
    /// Throws when an event is longer than the limit; the stream is then of no more use.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws(APIError) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for byte in bytes {
            guard byte == 0x0a else {
                self.line.append(byte)
                guard self.line.count + self.data.count <= Self.byteCountLimit else {
                    throw APIError(
                        .internalError, "The node sent an event that is too long.",
                        hint: "Start the command again.")
                }
                continue
            }
            if self.line.isEmpty {
                if self.hasData { events.append(self.data) }
                self.data = []
                self.hasData = false
            } else if self.line.starts(with: Array("data:".utf8)) {
                let start = self.line.count > 5 && self.line[5] == 0x20 ? 6 : 5
                if self.hasData { self.data.append(0x0a) }
                self.data += self.line[start...]
                self.hasData = true
            }
            self.line.removeAll(keepingCapacity: true)
        }
        return events
    }
}
