// SPDX-License-Identifier: Apache-2.0

/// An optional property that is written as `null`, never left out.
///
/// Programs that read the output find the same keys each time; a missing key is read as nil.
@propertyWrapper
public struct Nullable<Wrapped: Codable & Sendable>: Codable, Sendable {
    /// The value, if it is known.
    public var wrappedValue: Wrapped?

    /// Wraps a value or its absence.
    public init(wrappedValue: Wrapped?) {
        self.wrappedValue = wrappedValue
    }

    /// Reads a value or `null`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self.wrappedValue = container.decodeNil() ? nil : try container.decode(Wrapped.self)
    }

    /// Writes the value or `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

extension Nullable: Equatable where Wrapped: Equatable {}

extension KeyedDecodingContainer {
    /// Reads a nullable property; a missing key counts as `null`.
    public func decode<Wrapped>(
        _ type: Nullable<Wrapped>.Type, forKey key: Key
    ) throws -> Nullable<Wrapped> {
        try self.decodeIfPresent(type, forKey: key) ?? Nullable(wrappedValue: nil)
    }
}
