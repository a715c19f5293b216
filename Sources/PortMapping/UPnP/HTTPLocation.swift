// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// An `http` address of a router: an IPv4 literal, a port and a path.
///
/// Nothing else is taken from the network: no names, no other scheme, no user part.
public struct HTTPLocation: Sendable, Hashable {
    /// Where the server listens (TCP).
    public var endpoint: Endpoint
    /// The path with query, from the first slash on: printable ASCII without spaces.
    public var path: String

    /// The location of a path that is already known to be one; anything else traps.
    public init(endpoint: Endpoint, path: String) {
        precondition(Self.isPath(path), "a path starts with a slash and has no spaces")
        self.endpoint = endpoint
        self.path = path
    }

    /// Reads `http://192.0.2.1[:port][/path]`; `nil` for anything else.
    ///
    /// The length limit is ``UPnPLimits/locationByteCount``.
    public init?(_ text: String) {
        guard text.utf8.count <= UPnPLimits.locationByteCount else { return nil }
        let scheme = text.prefix(7)
        guard scheme.lowercased() == "http://" else { return nil }
        let rest = text.dropFirst(7)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(parts[0]), !address.isIPv6
        else { return nil }
        var port: UInt16 = 80
        if parts.count == 2 {
            guard let number = UInt16(parts[1]), number != 0, String(number) == parts[1] else {
                return nil
            }
            port = number
        }
        let whole = path.isEmpty ? "/" : String(path)
        guard Self.isPath(whole) else { return nil }
        self.endpoint = Endpoint(address: address, port: port)
        self.path = whole
    }

    /// The location that a text in a document from here means, on this host only.
    ///
    /// A full `http` address, a path from the root, or one beside this document; `nil` for
    /// anything else, and for another host.
    public func resolve(_ text: String) -> HTTPLocation? {
        if text.contains("://") {
            guard let other = HTTPLocation(text),
                other.endpoint.address == self.endpoint.address
            else { return nil }
            return other
        }
        guard text.utf8.count <= UPnPLimits.locationByteCount, !text.isEmpty else { return nil }
        let plain = self.path.prefix { $0 != "?" }
        let folder = plain.lastIndex(of: "/").map { plain[...$0] } ?? "/"
        let path = text.hasPrefix("/") ? text : folder + text
        guard Self.isPath(path), path.utf8.count <= UPnPLimits.locationByteCount else {
            return nil
        }
        return HTTPLocation(endpoint: self.endpoint, path: path)
    }

    static func isPath(_ text: String) -> Bool {
        text.utf8.first == 0x2f
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x23 }
    }
}
