// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// An option of a PCP message (RFC 6887 §7.3, §13).
///
/// Code, a reserved byte, the length of the data (2 bytes), the data, zeros up to a multiple of
/// four.
public enum PCPOption: Sendable, Equatable {
    /// THIRD_PARTY: the mapping is for this host, not for who asks.
    case thirdParty(IPAddress)
    /// PREFER_FAILURE: give the wished endpoint or none.
    case preferFailure
    /// FILTER: let only this prefix in, from this port (0: any).
    case filter(prefixLength: UInt8, remote: Endpoint)

    /// The code on the wire.
    public var code: UInt8 {
        switch self {
        case .thirdParty: 1
        case .preferFailure: 2
        case .filter: 3
        }
    }

    /// Codes from here on may be passed over by who does not know them.
    static let firstOptionalCode: UInt8 = 128

    var encoded: [UInt8] {
        var data: [UInt8] = []
        switch self {
        case .thirdParty(let address): data.append(address: address)
        case .preferFailure: break
        case .filter(let prefixLength, let remote):
            data = [0, prefixLength]
            data.append(bigEndian: remote.port)
            data.append(address: remote.address)
        }
        var bytes = [self.code, 0]
        bytes.append(bigEndian: UInt16(data.count))
        return bytes + data
    }

    /// Reads all options up to the end.
    ///
    /// Unknown ones are passed over if their code allows it, or if `passesUnknown`: a failure
    /// carries the options of the request that it answers.
    static func all(
        from reader: inout FieldReader, of content: PCPContent, passesUnknown: Bool
    ) throws(PCPError) -> [PCPOption] {
        var options: [PCPOption] = []
        while let code = reader.uint8() {
            guard reader.uint8() != nil, let length = reader.uint16(),
                let data = reader.take(Int(length)),
                let padding = reader.take((4 - Int(length) % 4) % 4),
                padding.allSatisfy({ $0 == 0 })
            else { throw .malformedOption(code) }
            if code >= Self.firstOptionalCode { continue }
            guard (1...3).contains(code) else {
                if passesUnknown { continue }
                throw .unknownOption(code)
            }
            guard let option = PCPOption(code: code, data: Array(data)),
                content != .announce,
                code == 3 || !options.contains(where: { $0.code == code })
            else { throw .malformedOption(code) }
            options.append(option)
        }
        return options
    }

    private init?(code: UInt8, data: [UInt8]) {
        var reader = FieldReader(data)
        switch (code, data.count) {
        case (1, 16):
            guard let address = reader.address(byteCount: 16) else { return nil }
            self = .thirdParty(address)
        case (2, 0): self = .preferFailure
        case (3, 20):
            guard reader.uint8() != nil, let length = reader.uint8(), length <= 128,
                let port = reader.uint16(), let address = reader.address(byteCount: 16)
            else { return nil }
            self = .filter(
                prefixLength: length, remote: Endpoint(address: address, port: port))
        default: return nil
        }
    }
}
