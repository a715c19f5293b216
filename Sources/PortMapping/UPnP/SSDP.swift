// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The numbers of SSDP (UPnP Device Architecture 1.1 §1).
public enum SSDP {
    /// Where searches are sent.
    public static let group = Endpoint(address: .v4(0xefff_fffa), port: 1900)

    /// The devices that are searched for: home routers of both generations.
    public enum Target: String, Sendable, Equatable, CaseIterable {
        /// A router of the second generation.
        case gateway2 = "urn:schemas-upnp-org:device:InternetGatewayDevice:2"
        /// A router of the first generation.
        case gateway1 = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
    }
}

/// Why a datagram is not an SSDP message that is used here; its fate is to be dropped.
public enum SSDPError: Error, Equatable, Sendable {
    /// More than ``UPnPLimits/ssdpByteCount`` bytes.
    case tooLong
    /// Not a message in the form of HTTP.
    case malformed(HTTPError)
    /// The first line is another one, or the search is not `ssdp:discover`.
    case otherMessage
    /// It is about another kind of device.
    case otherTarget
    /// LOCATION is missing or no `http` address of an IPv4 literal.
    case badLocation
    /// LOCATION leads to another host than the one that answered.
    case otherHost
}

/// The question to all routers of the link (UPnP Device Architecture 1.1 §1.3.2).
public struct SSDPSearch: Sendable, Equatable {
    /// What is searched for.
    public var target: SSDP.Target

    /// A search for that target.
    public init(_ target: SSDP.Target) {
        self.target = target
    }

    /// The bytes to send to ``SSDP/group``.
    public var encoded: [UInt8] {
        Array(
            """
            M-SEARCH * HTTP/1.1\r
            HOST: 239.255.255.250:1900\r
            MAN: "ssdp:discover"\r
            MX: 1\r
            ST: \(self.target.rawValue)\r
            \r

            """.utf8)
    }

    /// Reads a search, as the simulated router does.
    public init(parsing bytes: [UInt8]) throws(SSDPError) {
        let head = try SSDPAnswer.head(of: bytes)
        guard head.startLine == "M-SEARCH * HTTP/1.1",
            SSDPAnswer.value("man", in: head) == "\"ssdp:discover\""
        else { throw .otherMessage }
        guard let text = SSDPAnswer.value("st", in: head), let target = SSDP.Target(rawValue: text)
        else { throw .otherTarget }
        self.target = target
    }
}

/// A router's answer to a search: where its description is.
public struct SSDPAnswer: Sendable, Equatable {
    /// What was searched for.
    public var target: SSDP.Target
    /// Where the description is: on the host that answered, and nowhere else.
    public var location: HTTPLocation

    /// An answer of those parts.
    public init(_ target: SSDP.Target, location: HTTPLocation) {
        self.target = target
        self.location = location
    }

    /// The bytes to send.
    public var encoded: [UInt8] {
        let location = "http://\(self.location.endpoint)\(self.location.path)"
        return Array(
            """
            HTTP/1.1 200 OK\r
            CACHE-CONTROL: max-age=120\r
            EXT:\r
            LOCATION: \(location)\r
            ST: \(self.target.rawValue)\r
            USN: uuid:router::\(self.target.rawValue)\r
            \r

            """.utf8)
    }

    /// Reads an answer that came from that address.
    public init(parsing bytes: [UInt8], from source: IPAddress) throws(SSDPError) {
        let head = try Self.head(of: bytes)
        guard (try? HTTPResponse.status(of: head)) == 200 else { throw .otherMessage }
        guard let text = Self.value("st", in: head), let target = SSDP.Target(rawValue: text)
        else { throw .otherTarget }
        guard let place = Self.value("location", in: head), let location = HTTPLocation(place)
        else { throw .badLocation }
        guard location.endpoint.address == source else { throw .otherHost }
        self.target = target
        self.location = location
    }

    static func head(of bytes: [UInt8]) throws(SSDPError) -> HTTPHead {
        guard bytes.count <= UPnPLimits.ssdpByteCount else { throw .tooLong }
        do {
            return try HTTPHead(parsing: bytes)
        } catch {
            throw .malformed(error)
        }
    }

    /// The value of a field that is there exactly once.
    static func value(_ name: String, in head: HTTPHead) -> String? {
        (try? head.value(name)) ?? nil
    }
}
