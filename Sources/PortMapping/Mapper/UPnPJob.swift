// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One endpoint to open by UPnP: which call is next, and what an answer means.
struct UPnPJob: Sendable {
    private enum Step {
        case address
        case mapping(IPAddress)
        case pinhole
        /// Reads the router's table, for what an earlier run has left there.
        case reading(Int)
    }

    let inner: Endpoint
    /// Another protocol was first: only a grant is of interest, to be closed again.
    var isDropped = false
    /// What it opens is to be closed again at once.
    var isForClosing = false
    /// Whether a router that does not answer is searched for once more.
    var mayFindAgain = false

    /// Whether the call goes to the router's IPv6 address; without answer or refused, by IPv4.
    private(set) var usesIPv6: Bool

    private var step: Step
    private var externalPort: UInt16
    private var serviceNumber = 0
    private var lease = Limits.leaseSeconds
    private var usesAny = true
    private var portTryCount = 1
    private var pinholeID: UInt16?
    /// Ports of ours that lead to the endpoint without end, besides the one that is used.
    private(set) var leftovers: [UInt16] = []

    init(_ inner: Endpoint, externalPort: UInt16, hasIPv6: Bool) {
        self.inner = inner
        self.usesIPv6 = hasIPv6 && inner.address.isIPv6
        self.externalPort = externalPort
        self.step = inner.address.isIPv6 ? .pinhole : .address
    }

    /// Whether the call that is made now would open something.
    var isOpening: Bool {
        switch self.step {
        case .address, .reading: false
        case .mapping, .pinhole: true
        }
    }

    /// The service to call now; `nil` when there is none (any more).
    func service(of services: [UPnPService]) -> UPnPService? {
        switch self.step {
        case .pinhole: services.first { $0.kind == .firewall6 }
        case .address, .mapping, .reading:
            services.filter(\.kind.mapsPorts).dropFirst(self.serviceNumber).first
        }
    }

    func call(at kind: UPnPService.Kind) -> SOAPCall {
        switch self.step {
        case .address: .externalAddress(of: kind)
        case .mapping:
            .map(
                self.inner, externalPort: self.externalPort, lease: self.lease,
                any: self.isAny(kind), at: kind)
        case .pinhole: .openPinhole(to: self.inner, lease: Limits.leaseSeconds)
        case .reading(let index): .entry(index: index, at: kind)
        }
    }

    /// The job that follows a grant without end: to find what a run before that was killed has
    /// left open by another port, which nobody else would ever close.
    var tidying: UPnPJob? {
        guard case .mapping = self.step, self.lease == 0 else { return nil }
        var job = self
        job.step = .reading(0)
        job.isDropped = true
        job.mayFindAgain = false
        return job
    }

    /// What closes it again; `nil` while its number is not known.
    func closing(at kind: UPnPService.Kind) -> SOAPCall? {
        switch self.step {
        case .address, .reading: nil
        case .mapping: .unmap(externalPort: self.externalPort, at: kind)
        case .pinhole: self.pinholeID.map { .closePinhole($0) }
        }
    }

    /// Takes the answer to the call; `nil` means that there is another call to make.
    mutating func take(
        _ answer: SOAPAnswer, at kind: UPnPService.Kind, otherPort: UInt16
    ) -> Verdict? {
        switch (self.step, answer) {
        case (.address, _):
            guard let address = answer.externalAddress, address.reach != .nowhere else {
                // Of several connections one may be down: the next one, if there is any.
                self.serviceNumber += 1
                return nil
            }
            guard address.reach == .everywhere else { return .secondNAT(address) }
            self.step = .mapping(address)
            return nil
        case (.mapping(let address), .success):
            if self.isAny(kind) {
                guard let port = answer.reservedPort else { return .failed }
                self.externalPort = port
            }
            return self.granted(Endpoint(address: address, port: self.externalPort))
        case (.mapping, .failure(let code)):
            return self.isMended(code, at: kind, otherPort: otherPort) ? nil : .failed
        case (.pinhole, .success):
            guard let id = answer.uniqueID else { return .failed }
            self.pinholeID = id
            return self.granted(self.inner)
        case (.reading(let index), .success):
            if let port = answer.leftover(of: self.inner), port != self.externalPort {
                self.leftovers.append(port)
            }
            self.step = .reading(index + 1)
            return index + 1 < Limits.entryCount ? nil : .failed
        case (.reading, .failure):
            return .failed
        case (.pinhole, .failure):
            return self.fallsBack() ? nil : .failed
        }
    }

    /// Whether the same can be asked by IPv4 now.
    mutating func fallsBack() -> Bool {
        defer { self.usesIPv6 = false }
        return self.usesIPv6
    }

    /// No answer tells a lease: it is the one asked for, and one without end is renewed as well,
    /// as a router that starts anew tells nobody.
    private func granted(_ external: Endpoint) -> Verdict {
        .granted(external, .seconds(Int64(Limits.leaseSeconds)))
    }

    private func isAny(_ kind: UPnPService.Kind) -> Bool {
        self.usesAny && kind == .connection2
    }

    /// Whether the call can be made in another way.
    private mutating func isMended(
        _ code: UPnPErrorCode, at kind: UPnPService.Kind, otherPort: UInt16
    ) -> Bool {
        switch code {
        case .onlyPermanentLeases where self.lease != 0:
            self.lease = 0
        case .conflict, .conflictWithOtherMechanism:
            guard self.portTryCount < Limits.portTryCount else { return false }
            self.portTryCount += 1
            self.externalPort = otherPort
        case .invalidAction, .invalidArguments, .actionFailed, .notImplemented:
            guard self.isAny(kind) else { return false }
            self.usesAny = false
        default: return false
        }
        return true
    }
}
