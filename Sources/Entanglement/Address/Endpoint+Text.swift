// SPDX-License-Identifier: Apache-2.0

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the canonical IPv6 text of RFC 5952.
    public var description: String {
        switch self {
        case .v4:
            return self.bytes.map { String($0) }.joined(separator: ".")
        case .v6:
            return Self.canonicalText(groups: self.groups)
        }
    }

    /// Parses canonical text only: what `description` would not print again is refused.
    ///
    /// IPv4 without leading zeros; IPv6 as RFC 5952 writes it, without zone and not IPv4-mapped.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 39 else { return nil }
        let parsed = text.utf8.contains(0x3a) ? Self.v6(String(text)) : Self.v4(String(text))
        guard let parsed, parsed.description == text else { return nil }
        self = parsed
    }

    private var groups: [UInt16] {
        let bytes = self.bytes
        return stride(from: 0, to: bytes.count, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
    }

    private static func canonicalText(groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::"
            + hex[best.upperBound...].joined(separator: ":")
    }

    private static func v4(_ text: String) -> IPAddress? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        return IPAddress(bytes: bytes)
    }

    private static func v6(_ text: String) -> IPAddress? {
        var halves: [[UInt16]] = [[]]
        var previousEmpty = false
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        for part in parts {
            if part.isEmpty {
                if !previousEmpty { halves.append([]) }
                previousEmpty = true
            } else {
                guard part.utf8.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
                halves[halves.count - 1].append(group)
                previousEmpty = false
            }
        }
        let known = halves.joined().count
        guard halves.count <= 2, halves.count == 2 ? known < 8 : known == 8 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - known)
        let groups = halves.count == 2 ? halves[0] + zeros + halves[1] : halves[0]
        let bytes = groups.flatMap {
            [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)]
        }
        guard let address = IPAddress(bytes: bytes), address.isIPv6 else { return nil }
        return address
    }
}

extension Endpoint: CustomStringConvertible, LosslessStringConvertible {
    /// `192.0.2.1:41414` or `[2001:db8::1]:41414`.
    public var description: String {
        self.address.isIPv6
            ? "[\(self.address)]:\(self.port)" : "\(self.address):\(self.port)"
    }

    /// Parses the canonical text; anything that `description` would write otherwise is refused.
    public init?(_ text: String) {
        guard text.utf8.count <= 47, let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard let port = UInt16(portText), String(port) == portText else { return nil }
        let host = text[..<colon]
        let isBracketed = host.first == "[" && host.last == "]" && host.utf8.count > 2
        let addressText = isBracketed ? host.dropFirst().dropLast() : host
        guard let address = IPAddress(addressText), address.isIPv6 == isBracketed else {
            return nil
        }
        self.init(address: address, port: port)
    }
}
