// SPDX-License-Identifier: Apache-2.0

/// Reads the binary content of sealed messages; big-endian, nil where bytes are missing.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.offset = bytes.startIndex
    }

    init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    var isAtEnd: Bool { self.offset == self.bytes.endIndex }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, self.bytes.endIndex - self.offset >= count else { return nil }
        defer { self.offset += count }
        return self.bytes[self.offset..<self.offset + count]
    }

    mutating func rest() -> ArraySlice<UInt8> {
        defer { self.offset = self.bytes.endIndex }
        return self.bytes[self.offset...]
    }

    mutating func uint8() -> UInt8? {
        self.take(1)?.first
    }

    mutating func uint16() -> UInt16? {
        self.take(2).map { $0.reduce(0) { $0 << 8 | UInt16($1) } }
    }

    mutating func uint32() -> UInt32? {
        self.take(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    mutating func uint64() -> UInt64? {
        self.take(8).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// Family (4 or 6), address, port.
    mutating func endpoint() -> Endpoint? {
        let byteCount: Int
        switch self.uint8() {
        case 4: byteCount = 4
        case 6: byteCount = 16
        default: return nil
        }
        guard let raw = self.take(byteCount), let address = IPAddress(bytes: raw),
            address.isIPv6 == (byteCount == 16), let port = self.uint16()
        else { return nil }
        return Endpoint(address: address, port: port)
    }

    /// A count, then so many endpoints.
    mutating func endpoints() -> [Endpoint]? {
        guard let count = self.uint8(), count <= Constants.sealedEndpointCountMax else {
            return nil
        }
        var endpoints: [Endpoint] = []
        for _ in 0..<count {
            guard let endpoint = self.endpoint() else { return nil }
            endpoints.append(endpoint)
        }
        return endpoints
    }
}

/// Writes the binary content of sealed messages; big-endian.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ raw: some Sequence<UInt8>) {
        self.bytes.append(contentsOf: raw)
    }

    mutating func put(_ value: some FixedWidthInteger & UnsignedInteger) {
        withUnsafeBytes(of: value.bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    /// A relayed path's place is written without its number, which means nothing to others.
    mutating func put(_ endpoint: Endpoint) {
        let endpoint = endpoint.told
        self.put(UInt8(endpoint.address.isIPv6 ? 6 : 4))
        self.put(endpoint.address.bytes)
        self.put(endpoint.port)
    }

    mutating func put(_ endpoints: some Collection<Endpoint>) {
        let kept = endpoints.prefix(Constants.sealedEndpointCountMax)
        self.put(UInt8(kept.count))
        for endpoint in kept { self.put(endpoint) }
    }
}

/// The plaintext of every sealed JSON message: u16 length, content, zeros.
enum PaddedContent {
    /// The content padded to exactly `byteCount` bytes; nil when it does not fit.
    static func pad(_ content: [UInt8], to byteCount: Int) -> [UInt8]? {
        guard content.count + 2 <= byteCount, content.count <= Int(UInt16.max) else { return nil }
        var writer = ByteWriter()
        writer.put(UInt16(content.count))
        writer.put(content)
        writer.put([UInt8](repeating: 0, count: byteCount - content.count - 2))
        return writer.bytes
    }

    /// The content; nil when the length does not fit or the rest is not zero.
    static func unpad(_ plaintext: [UInt8]) -> [UInt8]? {
        var reader = ByteReader(plaintext)
        guard let count = reader.uint16(), let content = reader.take(Int(count)),
            reader.rest().allSatisfy({ $0 == 0 })
        else { return nil }
        return Array(content)
    }
}
