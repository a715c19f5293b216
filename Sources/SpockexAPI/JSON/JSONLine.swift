// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The one way in which the API and the command line write and read JSON.
public enum JSONLine {
    /// One object on one line, keys in alphabetical order, without the line's end.
    public static func text(_ value: some Encodable) throws(APIError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw APIError(
                .internalError, "An answer could not be written as JSON.",
                hint: "This is a fault of the program; please report it.")
        }
    }

    /// Reads a value from the bytes of one object; unknown keys are passed over.
    public static func value<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>
    ) throws(APIError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw APIError(
                .badRequest, "The JSON does not have the form that is expected here.",
                hint: "docs/API.md lists the keys of every request and answer.")
        }
    }
}
