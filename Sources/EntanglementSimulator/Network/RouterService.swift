// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import PortMapping

/// The part of a simulated router that opens ports on request: NAT-PMP, PCP and UPnP.
///
/// It only answers and keeps the table; the network asks it which packets from outside come in.
/// Answers come from the port that was asked, announcements from ``NATPMP/serverPort``.
public struct RouterService: Sendable {
    /// How it treats those who ask.
    public enum Manner: String, Sendable, Hashable, CaseIterable {
        /// As the standards say.
        case answers
        /// It says nothing, not even an announcement.
        case silent
        /// It opens, but tells an external address that is not its own.
        case liesAboutAddress
        /// It says that it opens, and lets nothing in.
        case grantsWithoutOpening
        /// It tells its address and opens nothing.
        case refuses
    }

    /// What it speaks.
    public struct Protocols: OptionSet, Sendable, Hashable {
        /// One bit each.
        public let rawValue: UInt8

        /// The protocols of those bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// RFC 6886.
        public static let natpmp = Protocols(rawValue: 1)
        /// RFC 6887.
        public static let pcp = Protocols(rawValue: 2)
        /// UPnP Internet Gateway Device.
        public static let upnp = Protocols(rawValue: 4)
        /// All of them.
        public static let all: Protocols = [.natpmp, .pcp, .upnp]
    }

    /// A datagram that it sends.
    public typealias Sent = (bytes: [UInt8], to: Endpoint)

    /// Why nothing was opened.
    enum Refusal: Error {
        case notAuthorized
        case portTaken
        case full
    }

    static let forwardCountMax = 256

    /// How it treats those who ask.
    public var manner: Manner
    /// Whether UPnP takes only leases without end.
    public var onlyPermanentLeases = false
    /// Its address on the inner link.
    public let inner: IPAddress
    /// What it speaks.
    public let protocols: Protocols
    /// Its address outside.
    public private(set) var external: IPAddress

    let services: [UPnPService]
    private var startedAt: Instant
    private var forwards: [RouterForward] = []
    private var pinholes: [RouterForward] = []
    private var nextPort: UInt16 = 20_000
    private var lastPinhole: UInt16 = 0

    /// A router that starts now; `isSecondGeneration`: whether UPnP is that of IGD 2.
    public init(
        inner: IPAddress, external: IPAddress, protocols: Protocols = .all,
        manner: Manner = .answers, isSecondGeneration: Bool = true, now: Instant
    ) {
        self.inner = inner
        self.external = external
        self.protocols = protocols
        self.manner = manner
        self.startedAt = now
        let control = HTTPLocation(
            endpoint: Endpoint(address: inner, port: Self.httpPort), path: "/control")
        let kinds: [UPnPService.Kind] =
            isSecondGeneration ? [.connection2, .firewall6] : [.connection1]
        self.services = kinds.map { UPnPService($0, control: control) }
    }

    // MARK: The table

    /// Where a packet to that port of the external address goes; `nil`: nowhere by this table.
    public func inner(of externalPort: UInt16, now: Instant) -> Endpoint? {
        self.forwards.first {
            $0.externalPort == externalPort && $0.opens && $0.isAlive(now)
        }?.inner
    }

    /// All ports that it lets everybody in by, and where packets to them go.
    func openForwards(now: Instant) -> [(port: UInt16, inner: Endpoint)] {
        self.forwards.filter { $0.opens && $0.isAlive(now) }.map { ($0.externalPort, $0.inner) }
    }

    /// Whether its IPv6 firewall lets packets from anywhere reach that endpoint.
    public func letsIn(to inner: Endpoint, now: Instant) -> Bool {
        self.pinholes.contains { $0.inner == inner && $0.opens && $0.isAlive(now) }
    }

    /// How many ports and pinholes it believes to be open.
    public func forwardCount(now: Instant) -> Int {
        (self.forwards + self.pinholes).filter { $0.isAlive(now) }.count
    }

    // MARK: What happens to it

    /// It forgets everything, and its seconds start anew; returns the announcements.
    @discardableResult
    public mutating func restart(external: IPAddress? = nil, now: Instant) -> [Sent] {
        self.startedAt = now
        self.forwards = []
        self.pinholes = []
        if let external { self.external = external }
        return self.announcements(now: now)
    }

    /// It gets another address outside and keeps its table; returns the announcements.
    @discardableResult
    public mutating func setExternal(_ address: IPAddress, now: Instant) -> [Sent] {
        self.external = address
        return self.announcements(now: now)
    }

    private func announcements(now: Instant) -> [Sent] {
        guard self.manner != .silent else { return [] }
        var sent: [Sent] = []
        let group = Endpoint(
            address: NATPMP.announcementGroup, port: NATPMP.announcementPort)
        if self.protocols.contains(.natpmp), !self.told.isIPv6 {
            let response = NATPMPResponse(
                epoch: self.epoch(now), content: .externalAddress(self.told))
            sent.append((response.encoded, group))
        }
        if self.protocols.contains(.pcp) {
            let response = PCPResponse(lifetime: 0, epoch: self.epoch(now), content: .announce)
            sent.append((response.encoded, group))
            sent.append(
                (
                    response.encoded,
                    Endpoint(
                        address: NATPMP.announcementGroup6, port: NATPMP.announcementPort)
                ))
        }
        return sent
    }

    // MARK: What the protocols need

    /// Seconds since it started.
    func epoch(_ now: Instant) -> UInt32 {
        UInt32(clamping: (now - self.startedAt).components.seconds)
    }

    /// The external address as it tells it.
    var told: IPAddress {
        guard self.manner == .liesAboutAddress, case .v4(let value) = self.external else {
            return self.external
        }
        return .v4(value ^ 1 << 8)
    }

    /// Opens or renews a port; another one if the wished one is taken, unless it `insists`.
    mutating func open(
        _ inner: Endpoint, wish: UInt16, seconds: UInt32, nonce: PCPNonce? = nil,
        insists: Bool = false, now: Instant
    ) throws(Refusal) -> UInt16 {
        guard self.manner != .refuses else { throw .notAuthorized }
        self.forwards.removeAll { !$0.isAlive(now) }
        let own = self.forwards.firstIndex { $0.inner == inner }
        let isTaken = self.forwards.contains { $0.externalPort == wish && $0.inner != inner }
        if insists, isTaken { throw .portTaken }
        if let own {
            let old = self.forwards[own]
            guard old.nonce == nil || nonce == nil || old.nonce == nonce else {
                throw .notAuthorized
            }
            self.forwards[own].end(after: seconds, now: now)
            self.forwards[own].nonce = nonce ?? old.nonce
            self.forwards[own].opens = self.manner != .grantsWithoutOpening
            return old.externalPort
        }
        guard self.forwards.count < Self.forwardCountMax else { throw .full }
        let port = wish == 0 || isTaken ? self.freePort() : wish
        self.forwards.append(
            RouterForward(
                inner: inner, externalPort: port, nonce: nonce,
                opens: self.manner != .grantsWithoutOpening))
        self.forwards[self.forwards.count - 1].end(after: seconds, now: now)
        return port
    }

    /// Opens or renews a pinhole and says its number.
    mutating func openPinhole(
        _ inner: Endpoint, seconds: UInt32, now: Instant
    ) throws(Refusal) -> UInt16 {
        guard self.manner != .refuses else { throw .notAuthorized }
        self.pinholes.removeAll { !$0.isAlive(now) }
        if let own = self.pinholes.firstIndex(where: { $0.inner == inner }) {
            self.pinholes[own].end(after: seconds, now: now)
            self.pinholes[own].opens = self.manner != .grantsWithoutOpening
            return self.pinholes[own].externalPort
        }
        guard self.pinholes.count < Self.forwardCountMax else { throw .full }
        self.lastPinhole += 1
        self.pinholes.append(
            RouterForward(
                inner: inner, externalPort: self.lastPinhole, nonce: nil,
                opens: self.manner != .grantsWithoutOpening))
        self.pinholes[self.pinholes.count - 1].end(after: seconds, now: now)
        return self.lastPinhole
    }

    /// Closes the ports that are meant, and says whether there were any.
    @discardableResult
    mutating func close(where isMeant: (RouterForward) -> Bool) -> Bool {
        let count = self.forwards.count
        self.forwards.removeAll(where: isMeant)
        return self.forwards.count < count
    }

    /// Closes the pinholes that are meant, and says whether there were any.
    @discardableResult
    mutating func closePinholes(where isMeant: (RouterForward) -> Bool) -> Bool {
        let count = self.pinholes.count
        self.pinholes.removeAll(where: isMeant)
        return self.pinholes.count < count
    }

    private mutating func freePort() -> UInt16 {
        while self.forwards.contains(where: { $0.externalPort == self.nextPort }) {
            self.nextPort = self.nextPort == .max ? 1_024 : self.nextPort + 1
        }
        return self.nextPort
    }
}

/// One line of a router's table; of a pinhole the port is its number.
struct RouterForward: Sendable {
    let inner: Endpoint
    let externalPort: UInt16
    fileprivate(set) var nonce: PCPNonce?
    /// Whether anything is let in.
    fileprivate(set) var opens: Bool
    private(set) var expiry: Instant?

    init(inner: Endpoint, externalPort: UInt16, nonce: PCPNonce?, opens: Bool) {
        self.inner = inner
        self.externalPort = externalPort
        self.nonce = nonce
        self.opens = opens
    }

    /// It ends after so many seconds; after 0 never.
    mutating func end(after seconds: UInt32, now: Instant) {
        self.expiry = seconds == 0 ? nil : now + .seconds(Int64(seconds))
    }

    func isAlive(_ now: Instant) -> Bool {
        self.expiry.map { now < $0 } ?? true
    }
}
