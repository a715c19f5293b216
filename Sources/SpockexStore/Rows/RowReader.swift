// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the columns of one row from left to right; what the schema forbids is damage, not a trap.
struct RowReader {
    private let row: Row
    private let table: String
    private var column = 0

    init(_ row: Row, of table: String) {
        self.row = row
        self.table = table
    }

    private mutating func next() -> DatabaseValue {
        defer { self.column += 1 }
        return self.row[self.column]
    }

    /// The error that names the column read last.
    func damaged() -> StoreError {
        .damaged("table \(self.table), column \(self.column)")
    }

    mutating func optionalBytes() throws(StoreError) -> [UInt8]? {
        switch self.next().storage {
        case .null: return nil
        case .blob(let data): return Array(data)
        case .int64, .double, .string: throw self.damaged()
        }
    }

    mutating func bytes() throws(StoreError) -> [UInt8] {
        guard let bytes = try self.optionalBytes() else { throw self.damaged() }
        return bytes
    }

    mutating func optionalInteger() throws(StoreError) -> Int64? {
        switch self.next().storage {
        case .null: return nil
        case .int64(let value): return value
        case .double, .string, .blob: throw self.damaged()
        }
    }

    mutating func integer<Value: BinaryInteger>() throws(StoreError) -> Value {
        guard let wide = try self.optionalInteger(), let value = Value(exactly: wide) else {
            throw self.damaged()
        }
        return value
    }

    mutating func optionalNumber<Value: BinaryInteger>() throws(StoreError) -> Value? {
        guard let wide = try self.optionalInteger() else { return nil }
        guard let value = Value(exactly: wide) else { throw self.damaged() }
        return value
    }

    mutating func optionalText() throws(StoreError) -> String? {
        switch self.next().storage {
        case .null: return nil
        case .string(let text): return text
        case .int64, .double, .blob: throw self.damaged()
        }
    }

    mutating func text() throws(StoreError) -> String {
        guard let text = try self.optionalText() else { throw self.damaged() }
        return text
    }

    /// A value that its own type's failable initializer makes of the bytes.
    mutating func bytes<Value>(_ parse: ([UInt8]) -> Value?) throws(StoreError) -> Value {
        guard let value = parse(try self.bytes()) else { throw self.damaged() }
        return value
    }

    /// A value that its own type's failable initializer makes of the text.
    mutating func text<Value>(_ parse: (String) -> Value?) throws(StoreError) -> Value {
        guard let value = parse(try self.text()) else { throw self.damaged() }
        return value
    }
}

extension RowReader {
    mutating func identifier<ID: Identifier>() throws(StoreError) -> ID {
        try self.bytes { ID(bytes: $0) }
    }

    mutating func optionalIdentifier<ID: Identifier>() throws(StoreError) -> ID? {
        guard let bytes = try self.optionalBytes() else { return nil }
        guard let id = ID(bytes: bytes) else { throw self.damaged() }
        return id
    }

    mutating func publicKey() throws(StoreError) -> PublicKey {
        try self.bytes { PublicKey(bytes: $0) }
    }

    mutating func secret() throws(StoreError) -> Secret {
        Secret(try self.bytes())
    }

    mutating func optionalSecret() throws(StoreError) -> Secret? {
        try self.optionalBytes().map { Secret($0) }
    }

    mutating func time() throws(StoreError) -> WallTime {
        WallTime(milliseconds: try self.integer())
    }

    mutating func optionalTime() throws(StoreError) -> WallTime? {
        try self.optionalInteger().map { WallTime(milliseconds: $0) }
    }
}
